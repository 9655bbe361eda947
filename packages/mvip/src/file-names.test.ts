import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readDetectionSet } from './annotations/detection-set'
import { buildDataset } from './build/build-dataset'
import { listLabelled } from './labelled-loader'
import { listLabelledPairs } from './labelled-pairs'
import { openDataset } from './manifest/open-dataset'
import { listPairs } from './pairs'
import { readStems } from './stems'

const root = mkdtempSync(join(tmpdir(), 'univ-names-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const [composed, decomposed] = ['café'.normalize('NFC'), 'café'.normalize('NFD')]
let grey: Buffer
const write = (path: string, content: string | Buffer) => {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), content)
}
beforeAll(async () => {
  const bytes = Buffer.from(Array.from({ length: 32 * 32 }, (_, i) => (i * 7) % 256))
  grey = await sharp(bytes, { raw: { width: 32, height: 32, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer()
})

describe('names with an accent, composed on one side and decomposed on the other', () => {
  it('make pairs, in lists and in builds, each file under its own name', async () => {
    write(`pairs/vi/${composed}.png`, grey)
    write(`pairs/ir/${decomposed}.png`, grey)
    const { pairs } = listPairs(join(root, 'pairs'))
    expect(pairs).toEqual([
      {
        id: `pairs/${composed}`,
        vi: join(root, 'pairs/vi', `${composed}.png`),
        ir: join(root, 'pairs/ir', `${decomposed}.png`),
        source: 'pairs',
      },
    ])
    const out = join(root, 'built')
    await buildDataset({ sources: [join(root, 'pairs')], out, workers: 1, duplicates: 'report' })
    expect(openDataset(out).header.counts.kept).toBe(1)
  })

  it('find their labels, boxes and places in a split file', async () => {
    write(`labelled/images/${decomposed}.png`, grey)
    write(`labelled/labels/${composed}.PNG`, grey)
    expect((await listLabelled(join(root, 'labelled'))).map(({ id }) => id)).toEqual([composed])
    write(`scenes/vi/${decomposed}.png`, grey)
    write(`scenes/labels/${composed}.png`, grey)
    expect(await listLabelledPairs(join(root, 'scenes'), { modalities: ['rgb'] })).toHaveLength(1)
    write('list.txt', `${decomposed}.png\n`)
    expect(readStems(join(root, 'list.txt'))).toEqual(new Set([composed]))
    write(`boxes/vi/${composed}.png`, grey)
    write(`boxes/labels/${decomposed}.txt`, '0 0.5 0.5 0.25 0.25\n')
    write('boxes/classes.txt', 'car\n')
    const { scenes } = await readDetectionSet({
      images: { rgb: join(root, 'boxes/vi') },
      annotations: { format: 'yolo', path: join(root, 'boxes/labels') },
    })
    expect(scenes.map(({ objects }) => objects.length)).toEqual([1])
  })
})

it('tells of two files of one stem in a folder', () => {
  write('double/vi/a.png', grey)
  write('double/vi/a.jpg', grey)
  write('double/ir/a.png', grey)
  expect(() => listPairs(join(root, 'double'))).toThrow(
    /a\.png: shares its stem with .*a\.jpg, which is used/,
  )
})
