import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildDataset } from '../build/build-dataset'
import { readDetectionSet } from './detection-set'

const root = mkdtempSync(join(tmpdir(), 'univ-items-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let image: Buffer
beforeAll(async () => {
  const raw = { width: 40, height: 20, channels: 1 as const }
  image = await sharp(Buffer.from(Array.from({ length: 800 }, (_, i) => (i * 37) % 251)), { raw })
    .png()
    .toBuffer()
})

/** A folder of these texts and images. */
function source(name: string, files: Readonly<Record<string, string | 'image'>>): string {
  for (const [path, content] of Object.entries(files)) {
    const file = join(root, name, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content === 'image' ? image : content)
  }
  return join(root, name)
}
const pair = (stem: string) => ({ [`Vis/${stem}.png`]: 'image', [`Ir/${stem}.png`]: 'image' })
const voc = (...names: string[]) =>
  `<annotation><folder>x</folder>${names.map((name) => `<object><name>${name}</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>5</xmax><ymax>8</ymax></bndbox></object>`).join('')}</annotation>`
let built = 0
async function dataset(...sources: readonly string[]): Promise<string> {
  const out = join(root, `out-${built++}`)
  await buildDataset({ sources, out, workers: 1, duplicates: 'report' })
  return out
}
const read = (path: string, options: { classes?: string[]; onBad?: 'skip' } = {}) =>
  readDetectionSet({ path, modalities: ['rgb'], ...options })

describe('boxes of several sources', () => {
  it('have one list of classes: the longest, which the others’ names are of', async () => {
    const few = source('few', { ...pair('a'), 'Annotation/a.xml': voc('car') })
    const many = source('many', {
      ...pair('b'),
      ...pair('c'),
      'Annotation/b.xml': voc('bus', 'car'),
      'Annotation/c.xml': voc(),
    })
    const { classes, scenes } = await read(await dataset(few, many))
    expect(classes).toEqual(['bus', 'car'])
    expect(scenes.map(({ id, objects }) => [id, objects.map((object) => object.class)])).toEqual([
      ['few_a', [1]],
      ['many_b', [0, 1]],
      ['many_c', []],
    ])
    const people = source('people', { ...pair('d'), 'Annotation/d.xml': voc('people') })
    const mixed = await dataset(many, people)
    await expect(read(mixed)).rejects.toThrow(
      "source people has boxes of class 'people', the others know bus, car: give data.classes, or leave the source out",
    )
    expect((await read(mixed, { classes: ['car', 'bus', 'people'] })).scenes[2]!.objects[0]!.class).toBe(2)
    const lines = source('lines', {
      'vi/e.png': 'image',
      'ir/e.png': 'image',
      'boxes/e.txt': '1 0.5 0.5 0.5 0.5\n',
      'classes.txt': 'person\ncar\n',
    })
    await expect(read(await dataset(lines, many))).rejects.toThrow(
      "source many has boxes of class 'bus', the others know person, car",
    )
    const numbered = await read(await dataset(few, lines))
    expect([numbered.classes, numbered.scenes.map(({ objects }) => objects[0]!.class)]).toEqual([
      ['person', 'car'],
      [1, 1],
    ])
  })

  it('are of the pairs that have any: none of YOLO’s is no object, but not in MSRS', async () => {
    const yolo = source('yolo', {
      'vi/a.png': 'image',
      'ir/a.png': 'image',
      'vi/b.png': 'image',
      'ir/b.png': 'image',
      'boxes/a.txt': '0 0.5 0.5 0.5 0.5\n',
      'classes.txt': 'car\n',
    })
    const bare = source('bare', pair('x'))
    const { scenes } = await read(await dataset(yolo, bare))
    expect(scenes.map(({ id, objects }) => [id, objects.length])).toEqual([
      ['yolo_a', 1],
      ['yolo_b', 0],
    ])
    const msrs = source('msrs', {
      'train/vi/1D.png': 'image',
      'train/ir/1D.png': 'image',
      'train/vi/2D.png': 'image',
      'train/ir/2D.png': 'image',
      'detection/labels/1D.txt': '0 0.5 0.5 0.5 0.5\n',
    })
    const some = await read(await dataset(msrs), { classes: ['car'] })
    expect(some.scenes.map(({ id }) => id)).toEqual(['msrs_train_1D'])
  })

  it('come from KAIST’s text, of the frames that have a file, with the split of their set', async () => {
    const frame = (name: string) => ({
      [`${name.replace('/I', '/visible/I')}.png`]: 'image' as const,
      [`${name.replace('/I', '/lwir/I')}.png`]: 'image' as const,
    })
    const kaist = source('kaist', {
      ...frame('set00/V000/I00001'),
      ...frame('set00/V000/I00002'),
      ...frame('set06/V001/I00001'),
      'annotations/set00/V000/I00001.txt':
        '% bbGt version=3\nperson 1 1 4 8 0 0 0 0 0 0 0\npeople 9 1 4 8 1 9 1 2 8 0 0\n',
      'annotations/set06/V001/I00001.txt': '% bbGt version=3\n',
    })
    const path = await dataset(kaist)
    for (const set of [kaist, path]) {
      const { classes, scenes } = await read(set)
      expect(classes).toEqual(['person', 'people', 'cyclist'])
      expect(scenes.map(({ objects }) => objects.map((object) => [object.class, object.box]))).toEqual([
        [
          [0, [1, 1, 4, 8]],
          [1, [9, 1, 4, 8]],
        ],
        [],
      ])
    }
    // Images that are the same are in one split of a build: the folder has KAIST's own.
    const held = { path: kaist, modalities: ['rgb', 'ir'], split: 'test', classes: ['person'] } as const
    const test = await readDetectionSet(held)
    expect(test.scenes.map(({ id, objects }) => [id, objects])).toEqual([['set06_V001_I00001', []]])
  })

  it('come from COCO, each image under its file’s name, and not from what is not read', async () => {
    const json = (name: string) =>
      JSON.stringify({
        images: [{ id: 1, file_name: `${name}.png`, width: 40, height: 20 }],
        categories: [{ id: 3, name: 'kite' }],
        annotations: [{ image_id: 1, category_id: 3, bbox: [1, 2, 3, 4], area: 6 }],
      })
    const coco = source('coco', {
      'train/a.png': 'image',
      'val/b.png': 'image',
      'annotations/instances_train.json': json('a'),
      'annotations/instances_val.json': json('b'),
    })
    const { classes, scenes } = await read(await dataset(coco))
    expect(classes).toEqual(['kite'])
    expect(scenes.map(({ id, objects }) => [id, objects[0]?.box])).toEqual([
      ['coco_train_a', [1, 2, 3, 4]],
      ['coco_val_b', [1, 2, 3, 4]],
    ])
    const lasher = source('lasher', {
      'girl/visible/v0.png': 'image',
      'girl/infrared/i0.png': 'image',
      'girl/visible.txt': '1,1,2,2\n',
      'girl/infrared.txt': '1,1,2,2\n',
    })
    await expect(read(await dataset(lasher))).rejects.toThrow(
      'the boxes of source lasher are of kind track, which is not read; voc, voc-oriented, kaist, coco, yolo are',
    )
    await expect(read(root)).rejects.toThrow('neither a built dataset nor a folder in a known layout')
  })
})
