import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeSyntheticPairs } from '@univ/mvip'
import { afterAll, describe, expect, it } from 'vitest'
import { golden } from './golden-fixtures'

const built = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'univ-eval-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const evaluate = (...words: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [built, ...words], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

// `npm test` builds first; the command is tested as it is installed.
describe.skipIf(!existsSync(built))('univ-eval', () => {
  it('is what the installed command starts', () => {
    expect(readFileSync(new URL('../bin/univ-eval.js', import.meta.url), 'utf8')).toContain('../dist/main.js')
  })

  it.each(['features', 'align', 'detect', 'coco'])('shows --config in the help of %s', (command) => {
    expect(evaluate(command, '--help').stdout).toMatch(/--config=<FILE> {4}YAML file with flags/)
  })

  it('tells errors in one line without a stack, and leaves with 1', () => {
    const missing = evaluate(
      'features',
      '--checkpoint',
      'none.pth',
      '--modality',
      'rgb',
      '--image',
      'a',
      '--out',
      'x',
    )
    expect(missing).toMatchObject({ status: 1, stdout: '' })
    expect(missing.stderr).toMatch(/^univ-eval: none\.pth: cannot be opened \(ENOENT\)\n$/)
    expect(evaluate('bogus').stderr).toBe(
      "univ-eval: there is no command 'bogus'; commands are features, teacher, align, segment, probe, coco, detect, export\n",
    )
    expect(evaluate('align', '--chekpoint=a').status).toBe(1)
    const needed = ['--checkpoint=none.pth', '--modality=rgb', '--image=a', '--out=x']
    expect(evaluate('features', ...needed, '--size', '100000').stderr).toContain(
      '--size 100000: a whole number from 1 to 8192 is wanted',
    )
    const detect = (...words: string[]) => evaluate('detect', '--checkpoint', 'none', ...words).stderr
    expect(detect('--data', 'set', '--rgb', 'vi')).toBe(
      'univ-eval: --rgb is given beside --data, which tells images and boxes\n',
    )
    expect(detect('--split', 'val', '--rgb', 'vi')).toBe(
      'univ-eval: --split and --modality are of --data DIR\n',
    )
    expect(detect('--rgb', 'vi')).toBe('univ-eval: give --annotations PATH: the boxes of the images\n')
    expect(detect()).toMatch(/^univ-eval: give --data DIR, or --rgb DIR, --ir DIR or both/)
  })

  it('exports an encoder from the command line, and compares 8 bits on images only there', () => {
    const out = join(root, 'encoder.onnx')
    const words = ['--checkpoint', golden('mcmae-tiny/checkpoint.pth'), '--size', '64', '--out', out]
    const image = golden('mcmae-tiny/images/ir-FLIR_05164.png')
    const compared = evaluate(
      'export',
      ...words,
      '--precision',
      'int8',
      '--compare',
      image,
      '--modality',
      'ir',
    )
    expect(compared.stdout).toMatch(
      /encoder\.onnx: 0\.\d MB; input\.images \[1, 64, 64, 3\]; output\.tokens .*json\n.*cosine of 16 tokens 0\.99/,
    )
    expect(evaluate('export', ...words, '--compare', image).stderr).toContain('--compare is for')
    const passedOver = (...flags: string[]) => evaluate('export', ...words, ...flags).stderr
    expect(passedOver('--network', 'segmenter', '--which', 'teacher')).toContain('a segmenter has one')
    expect(passedOver('--network', 'detector', '--heads', '4')).toContain(
      'a detector of univ-train detect states',
    )
  })

  it('lists its commands and their flags', () => {
    expect(evaluate('--help')).toMatchObject({ status: 0, stderr: '' })
    expect(evaluate('align', '--help').stdout).toContain('--teacher')
  })

  it('probes features and refuses what cannot be, from the command line', async () => {
    const data = join(root, 'scenes')
    await writeSyntheticPairs(data, { pairs: 3, size: 64 })
    const [json, report] = [join(root, 'probe.json'), join(root, 'probe.html')]
    const checkpoint = golden('mcmae-tiny/checkpoint.pth')
    const words = [
      '--checkpoint',
      checkpoint,
      '--engine',
      'cpu',
      '--train',
      data,
      '--data',
      data,
      '--size',
      '64',
    ]
    const { status, stdout, stderr } = evaluate(
      'probe',
      ...words,
      '--k',
      '3',
      '--json',
      json,
      '--report',
      report,
    )
    expect(status, stderr).toBe(0)
    expect(stdout).toMatch(/k-NN +IR +RGB/)
    expect(JSON.parse(readFileSync(json, 'utf8')).tests).toHaveLength(8)
    expect(readFileSync(report, 'utf8')).toContain('Probes of patch features')
    expect(existsSync(`${json}.partial.jsonl`)).toBe(false)
    expect(evaluate('probe', ...words, '--k', '3', '--kind', 'knn').stdout).toMatch(/k-NN +IR +RGB/)
    expect(evaluate('probe', ...words, '--resume').stderr).toBe(
      'univ-eval: --resume needs --json FILE: what is done already lies beside it\n',
    )

    const segment = (...more: string[]) =>
      evaluate('segment', '--checkpoint', checkpoint, '--data', data, ...more).stderr
    expect(segment()).toMatch(/checkpoint\.pth: no segmentation head/)
    expect(segment('--fit', '512')).toBe('univ-eval: --fit 512: LONG,SHORT in pixels or none is wanted\n')
    expect(segment('--scales', '1,big')).toMatch(/--scales big: a number from 0\.05 to 8 is wanted/)
    expect(segment('--modality', 'sonar')).toMatch(/--modality sonar: rgb or ir is wanted/)
    expect(segment('--widow', '3')).toMatch(/unknown flag --widow; there are .*--window/)
    expect(evaluate('probe', ...words, '--kind', 'forest').stderr).toMatch(
      /--kind forest: linear or knn is wanted/,
    )
  })

  it("scores COCO files with pycocotools' figures", () => {
    const json = join(root, 'coco.json')
    const files = [
      '--ground-truth',
      golden('coco/ground-truth.json'),
      '--detections',
      golden('coco/detections.json'),
    ]
    const { status, stdout } = evaluate('coco', ...files, '--json', json)
    expect(status).toBe(0)
    expect(stdout).toContain('AP50')
    const expected = JSON.parse(readFileSync(golden('coco/expected.json'), 'utf8'))
    const scored = JSON.parse(readFileSync(json, 'utf8'))
    for (const [name, value] of Object.entries(expected.stats))
      expect(scored.stats[name]).toBeCloseTo(value as number, 9)
    expect(Object.keys(scored.per_class_AP)).toEqual(Object.keys(expected.per_class_AP))
    expect(evaluate('coco', '--ground-truth', json, '--detections', json).stderr).toBe(
      `univ-eval: ${json}: images is missing, wanted a list\n`,
    )
  })

  it('writes features from the command line', () => {
    const out = join(root, 'features.safetensors')
    const image = golden('mcmae-tiny/images/rgb-FLIR_05164.png')
    const checkpoint = golden('mcmae-tiny/checkpoint.pth')
    const words = ['--checkpoint', checkpoint, '--modality', 'rgb', '--image', image, image, '--out', out]
    expect(evaluate('features', ...words, '--engine', 'cpu').stdout).toBe(
      `${out}: tokens [2, 196, 96], attention [2, 4, 196, 196]\n`,
    )
  })
})
