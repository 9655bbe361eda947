import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { encode } from 'fast-png'
import { afterAll, expect, it } from 'vitest'
import { buildDataset } from '../build/build-dataset'
import { type VerifyOptions, verifyDataset } from './verify-dataset'

const root = mkdtempSync(join(tmpdir(), 'univ-verify-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const map = (width: number, height: number, id: (i: number) => number, depth: 8 | 16 = 8) => {
  const ids = Array.from({ length: width * height }, (_, i) => id(i))
  const data = depth === 8 ? Uint8Array.from(ids) : Uint16Array.from(ids)
  return encode({ width, height, channels: 1, depth, data })
}
const image = map(40, 20, (i) => (i * 37) % 251)
const pair = (stem: string) => ({ [`vi/${stem}.png`]: image, [`ir/${stem}.png`]: image })

/** Builds a dataset of these files. @returns its folder, and where a file of its source is */
async function dataset(name: string, files: Readonly<Record<string, string | Uint8Array>>) {
  const at = (path: string) => join(root, name, path)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(at(path)), { recursive: true })
    writeFileSync(at(path), content)
  }
  const out = join(root, `${name}-set`)
  await buildDataset({ sources: [join(root, name)], out, workers: 1, duplicates: 'report' })
  return { out, at }
}

async function said(out: string, options: VerifyOptions = {}) {
  const { findings, ...report } = await verifyDataset(out, { workers: 1, ...options })
  const lines = findings.map(
    ({ fault, id, annotation, line, detail }) =>
      `${fault} ${id} ${annotation}${line === undefined ? '' : `:${line}`}: ${detail}`,
  )
  return { ...report, lines }
}

it('finds nothing in label maps and boxes that fit their images', async () => {
  const { out } = await dataset('sound', {
    ...pair('a'),
    ...pair('b'),
    'labels/a.png': map(40, 20, (i) => (i % 7 === 0 ? 255 : i % 2)),
    'labels/b.png': map(40, 20, () => 1),
    'boxes/a.txt': '0 0.5 0.5 0.5 0.5\n',
    'boxes/b.txt': '',
    'classes.txt': 'road\ncar\n',
  })
  expect(await said(out)).toEqual({ pairs: 2, images: 4, annotations: 4, counts: {}, lines: [] })
})

it('names label maps and boxes that are gone, empty, broken, of another size, class or place', async () => {
  const stems = ['a', 'b', 'c', 'd', 'e']
  const label = map(40, 20, () => 0)
  const { out, at } = await dataset('damaged', {
    ...Object.assign({}, ...stems.map(pair)),
    ...Object.fromEntries(stems.flatMap((stem) => [[`labels/${stem}.png`, label]])),
    ...Object.fromEntries(stems.flatMap((stem) => [[`boxes/${stem}.txt`, '']])),
    'classes.txt': 'road\ncar\n',
  })
  rmSync(at('labels/a.png'))
  writeFileSync(at('labels/b.png'), '')
  writeFileSync(at('labels/c.png'), label.subarray(0, 45))
  writeFileSync(
    at('labels/d.png'),
    map(20, 20, (i) => (i < 3 ? 7 : 0)),
  )
  writeFileSync(
    at('labels/e.png'),
    map(40, 20, () => 300, 16),
  )
  writeFileSync(at('boxes/a.txt'), '1 0.5 0.5 0.5 0.5\n2 0.5 0.5 0.5 0.5\n0 2 2 0.1 0.1\n')
  rmSync(at('boxes/b.txt'))
  mkdirSync(at('boxes/b.txt'))
  // Whoever reads this device reads for ever.
  rmSync(at('boxes/d.txt'))
  symlinkSync('/dev/zero', at('boxes/d.txt'))
  const { lines, counts, annotations } = await said(out)
  expect(lines).toEqual([
    'missing damaged/a label-map: the file is not there',
    'wrong-content damaged/a yolo:2: class 2 is unknown; there are 0 to 1',
    'wrong-content damaged/a yolo:3: box [78, 39, 4, 2] lies outside the image of 40 × 20',
    'empty damaged/b label-map: the file has no bytes',
    'unreadable damaged/b yolo: is no file',
    expect.stringMatching(/^unreadable damaged\/c label-map: broken PNG/),
    'wrong-size damaged/d label-map: 20 × 20, its image is 40 × 20',
    expect.stringMatching(
      /^wrong-content damaged\/d label-map: 3 pixels have id 7, which is neither a class/,
    ),
    'unreadable damaged/d yolo: is no file',
    'unreadable damaged/e label-map: class id 300; ids from 0 to 255 can be used',
  ])
  expect(counts).toEqual({ missing: 1, 'wrong-content': 3, empty: 1, unreadable: 4, 'wrong-size': 1 })
  expect(annotations).toBe(10)
  expect((await said(out, { ignore: [7] })).counts['wrong-content']).toBe(2)
  expect((await said(out, { quick: true })).counts).toEqual({ missing: 1, empty: 1, unreadable: 2 })
  expect(await said(out, { list: 2 })).toMatchObject({ counts, lines: lines.slice(0, 2) })
})

it('takes any number where nobody names the classes', async () => {
  const { out } = await dataset('nameless', {
    ...pair('a'),
    'labels/a.png': map(40, 20, () => 200),
    'boxes/a.txt': '80 0.5 0.5 0.5 0.5\n-1 0.5 0.5 0.5 0.5\n',
  })
  const { lines } = await said(out)
  expect(lines).toEqual(['wrong-content nameless/a yolo:2: class -1 is no number from 0 on'])
})

it('reads VOC, KAIST’s text and COCO’s JSON, which is told once', async () => {
  const voc = await dataset('voc', {
    'Vis/a.png': image,
    'Ir/a.png': image,
    'Annotation/a.xml': `<annotation>${'<a>'.repeat(50_000)}${'</a>'.repeat(50_000)}</annotation>`,
  })
  expect((await said(voc.out)).lines).toEqual(['wrong-content voc/a voc: Maximum nested tags exceeded'])
  const kaist = await dataset('kaist', {
    'set00/V000/visible/I00001.png': image,
    'set00/V000/lwir/I00001.png': image,
    'annotations/set00/V000/I00001.txt': '% bbGt version=3\nprson 1 1 4 4 0 0 0 0 0 0 0\n',
  })
  expect((await said(kaist.out)).lines).toEqual([
    "wrong-content kaist/set00/V000/I00001 kaist:2: class 'prson' is unknown; there are person, people, cyclist",
  ])
  const json = (bbox: readonly number[]) =>
    JSON.stringify({
      images: ['a', 'b'].map((name, id) => ({ id, file_name: `${name}.png`, width: 40, height: 20 })),
      categories: [{ id: 3, name: 'kite' }],
      annotations: [
        { image_id: 0, category_id: 3, bbox: [1, 2, 3, 4] },
        { image_id: 1, category_id: 3, bbox },
      ],
    })
  const { out, at } = await dataset('coco', {
    'train/a.png': image,
    'train/b.png': image,
    'annotations/instances_train.json': json([1, 2, 3, 4]),
  })
  expect(await said(out)).toMatchObject({ annotations: 2, lines: [] })
  writeFileSync(at('annotations/instances_train.json'), json([50, 2, 3, 4]))
  expect((await said(out)).lines).toEqual([
    'wrong-content coco/train/a coco:1: annotations[1]: box [50, 2, 3, 4] lies outside the image of 40 × 20',
  ])
  writeFileSync(at('annotations/instances_train.json'), '[')
  expect((await said(out)).lines).toEqual([
    expect.stringMatching(/^unreadable coco\/train\/a coco: not valid JSON/),
  ])
  writeFileSync(at('annotations/instances_train.json'), '')
  expect((await said(out, { quick: true })).counts).toEqual({ empty: 1 })
})

it('wants maps of instances whole and of their image’s size, whatever their ids', async () => {
  const { out, at } = await dataset('scut', {
    'images/a.png': image,
    'images/b.png': image,
    'gt_instance/a.png': map(40, 20, (i) => 1000 + i, 16),
    'gt_instance/b.png': map(40, 20, (i) => 1000 + i, 16),
  })
  expect((await said(out)).lines).toEqual([])
  writeFileSync(
    at('gt_instance/a.png'),
    map(20, 40, () => 1000, 16),
  )
  writeFileSync(at('gt_instance/b.png'), 'no image')
  expect((await said(out)).lines).toEqual([
    'wrong-size scut/a instance-map: 20 × 40, its image is 40 × 20',
    expect.stringMatching(/^unreadable scut\/b instance-map: cannot be read as an image/),
  ])
})

it('says which annotation speaks of an image that the pair has not', async () => {
  const { out } = await dataset('lone', { ...pair('a'), 'boxes/a.txt': '0 0.5 0.5 0.5 0.5\n' })
  const file = join(out, 'manifest.jsonl')
  const line = JSON.parse(readFileSync(file, 'utf8'))
  const annotations = [{ ...line.annotations[0], of: 'ir' }]
  writeFileSync(file, `${JSON.stringify({ ...line, ir: null, alignment: null, annotations })}\n`)
  expect((await said(out)).lines).toEqual([
    'wrong-content lone/a yolo: speaks of the ir image, and there is none',
  ])
})
