import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { usableBox } from './annotation'
import { drawPlacedView, fittedView, placeBox, unplaceBox } from './box-view'
import { openDetectionLoader } from './detection-loader'
import { problemText, readDetectionSet } from './detection-set'
import { jsonEntryLines } from './json-entry-lines'
import { lineFinder } from './line-finder'

const root = mkdtempSync(join(tmpdir(), 'univ-annotations-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const at = (...names: string[]) => join(root, ...names)
const put = (name: string, text: string) => writeFileSync(at(name), text)

beforeAll(async () => {
  for (const folder of ['vi', 'ir', 'yolo', 'voc']) mkdirSync(at(folder))
  for (const folder of ['vi', 'ir'])
    for (const stem of ['a', 'b'])
      await sharp({ create: { width: 40, height: 20, channels: 3, background: '#888' } })
        .png()
        .toFile(at(folder, `${stem}.png`))
})

const images = { rgb: at('vi'), ir: at('ir') }
const yolo = (onBad?: 'skip') =>
  readDetectionSet({
    images,
    annotations: { format: 'yolo', path: at('yolo') },
    classes: ['person', 'car'],
    onBad,
  })

describe('YOLO text', () => {
  it('becomes boxes in pixels; an image without file has none', async () => {
    put('yolo/a.txt', '1 0.5 0.5 0.5 0.2\r\n\r\n0  0.05 0.9 0.1 0.2  \n')
    const { scenes, classes } = await yolo()
    expect(classes).toEqual(['person', 'car'])
    expect(scenes.map(({ id, objects }) => [id, objects.length])).toEqual([
      ['a', 2],
      ['b', 0],
    ])
    expect(scenes[0]!.files).toEqual({ rgb: { file: at('vi/a.png') }, ir: { file: at('ir/a.png') } })
    expect(scenes[0]!.objects[0]).toMatchObject({ class: 1, box: [10, 8, 20, 4], area: 80, crowd: false })
    const rounded = scenes[0]!.objects[1]!.box.map((value) => Number(value.toFixed(9)))
    expect(rounded).toEqual([0, 16, 4, 4])
  })

  it('is reported with file and line, then refused, or skipped by a flag', async () => {
    put(
      'yolo/a.txt',
      '1 0.5 0.5 0.5 0.2\n2 0.5 0.5 0.1 0.1\n0 0.5 0.5 0 0.1\n0 1.4 0.5 0.1 0.1\n0 0.5 0.5 0.1\n0 x 0.5 0.1 0.1\n',
    )
    const { problems, scenes } = await yolo('skip')
    expect(problems.map(problemText)).toEqual([
      `${at('yolo/a.txt')}:2: class 2 is unknown; there are 0 to 1`,
      `${at('yolo/a.txt')}:3: box [20, 9, 0, 2] is empty`,
      `${at('yolo/a.txt')}:4: box [54, 9, 4, 2] lies outside the image of 40 × 20`,
      `${at('yolo/a.txt')}:5: '0 0.5 0.5 0.1' has 4 values, wanted class cx cy width height`,
      `${at('yolo/a.txt')}:6: box [NaN, 9, 4, 2] is not four finite numbers`,
    ])
    expect(scenes[0]!.objects).toHaveLength(1)
    await expect(yolo()).rejects.toThrow(
      `5 annotations or files cannot be used:\n  ${at('yolo/a.txt')}:2: class 2`,
    )
  })
})

describe('Pascal VOC XML', () => {
  const object = (name: string, corners: readonly (number | string)[], more = '') => {
    const tags = ['xmin', 'ymin', 'xmax', 'ymax'].map((tag, i) => `<${tag}>${corners[i]}</${tag}>`)
    return `<object><name>${name}</name>${more}<bndbox>${tags.join('')}</bndbox></object>\n`
  }
  const file = (...objects: string[]) =>
    `<annotation>\n<size><width>40</width><height>20</height></size>\n${objects.join('')}</annotation>\n`
  const read = (options: { classes?: string[]; onBad?: 'skip' } = {}) =>
    readDetectionSet({
      images: { ir: at('ir') },
      annotations: { format: 'voc', path: at('voc') },
      ...options,
    })

  it('becomes boxes; classes are those that occur, difficult objects do not count', async () => {
    put(
      'voc/a.xml',
      file(object('person', [1, 2, 11, 12]), object('car', [0, 0, 40, 20], '<difficult>1</difficult>')),
    )
    put('voc/b.xml', file())
    const { scenes, classes } = await read()
    expect(classes).toEqual(['car', 'person'])
    expect(scenes[0]!.objects).toEqual([
      { class: 1, box: [1, 2, 10, 10], crowd: false, area: 100 },
      { class: 0, box: [0, 0, 40, 20], crowd: true, area: 800 },
    ])
  })

  it('has sides instead of corners in KAIST’s files, whose `person?` does not count', async () => {
    const kaist = (name: string, width: string | number = 4) =>
      `<object><name>${name}</name><bndbox><x>1</x><y>2</y><w>${width}</w><h>8</h></bndbox><difficult>0</difficult></object>\n`
    put('voc/a.xml', file(kaist('person'), kaist('person?'), kaist('people')))
    put('voc/b.xml', file())
    const all = await read()
    expect(all.classes).toEqual(['person', 'people', 'cyclist'])
    expect(all.scenes[0]!.objects).toEqual([
      { class: 0, box: [1, 2, 4, 8], crowd: false, area: 32 },
      { class: 0, box: [1, 2, 4, 8], crowd: true, area: 32 },
      { class: 1, box: [1, 2, 4, 8], crowd: false, area: 32 },
    ])
    const persons = await read({ classes: ['person'] })
    expect(persons.scenes[0]!.objects.map(({ crowd }) => crowd)).toEqual([false, true, true])
    put('voc/b.xml', file(kaist('dog'), kaist('person', 'x')))
    expect((await read({ onBad: 'skip' })).problems.map(problemText)).toEqual([
      `${at('voc/b.xml')}:4: box [1, 2, NaN, 8] is not four finite numbers`,
      `${at('voc/b.xml')}:3: class 'dog' is unknown; there are person, people, cyclist`,
    ])
  })

  it('is reported with file and line', async () => {
    put(
      'voc/a.xml',
      file(
        object('dog', [1, 2, 11, 12]),
        object('car', [5, 5, 5, 9]),
        object('car', ['', 5, 8, 9]),
        object('', [1, 1, 2, 2]),
      ),
    )
    put('voc/b.xml', '<annotation><object></annotation>')
    const { problems } = await read({ classes: ['car'], onBad: 'skip' })
    expect(problems.map(problemText)).toEqual([
      `${at('voc/a.xml')}:4: box [5, 5, 0, 4] is empty`,
      `${at('voc/a.xml')}:5: box [NaN, 5, NaN, 4] is not four finite numbers`,
      `${at('voc/a.xml')}:6: an object has no <name>`,
      expect.stringMatching(/b\.xml:1: Expected closing tag 'object'/),
      `${at('voc/a.xml')}:3: class 'dog' is unknown; there are car`,
    ])
    rmSync(at('voc/b.xml'))
    put('voc/a.xml', file().replace('>40<', '>80<'))
    const others = await read({ classes: ['car'], onBad: 'skip' })
    expect(others.problems.map(problemText)).toEqual([
      `${at('voc/a.xml')}:2: size 80 × 20 is not the image's 40 × 20`,
      `${at('voc/b.xml')}: there is no such file`,
    ])
  })

  it('becomes hulls and polygons where objects are oriented, without the frame and by their right names', async () => {
    const oriented = (name: string, corners: readonly number[]) => {
      const tags = corners.map((value, i) => {
        const tag = `${i % 2 === 0 ? 'x' : 'y'}${1 + Math.floor(i / 2)}`
        return `<${tag}>${value}</${tag}>`
      })
      return `<object><name>${name}</name><polygon>${tags.join('')}</polygon></object>\n`
    }
    // Of 40 × 20 pixels a frame of 5 is cut off: 30 × 10 are left.
    put(
      'voc/a.xml',
      file(
        oriented('feright car', [15, 6, 20, 11, 15, 14, 10, 11]),
        oriented('bus', [2, 8, 12, 8, 12, 12, 2, 12]),
        object('bus', [0, 0, 5, 20]),
      ),
    )
    put('voc/b.xml', file(oriented('bus', [1, 2, 3, 4])))
    const readFramed = (border: number, onBad?: 'skip') =>
      readDetectionSet({
        images: { ir: at('ir') },
        annotations: { format: 'voc', path: at('voc'), border, rename: { 'feright car': 'freight car' } },
        onBad,
      })
    const { scenes, classes, problems } = await readFramed(5, 'skip')
    expect(problems.map(problemText)).toEqual([
      `${at('voc/b.xml')}:3: box [NaN, NaN, NaN, NaN] is not four finite numbers`,
    ])
    expect(classes).toEqual(['bus', 'freight car'])
    expect(scenes[0]).toMatchObject({
      width: 30,
      height: 10,
      files: { ir: { crop: { left: 5, top: 5, width: 30, height: 10 } } },
    })
    expect(scenes[0]!.objects).toEqual([
      { class: 1, crowd: false, box: [5, 1, 10, 8], area: 40, segmentation: [[10, 1, 15, 6, 10, 9, 5, 6]] },
      // Cut at the frame; the third lies in it and is gone.
      { class: 0, crowd: false, box: [0, 3, 7, 4], area: 28, segmentation: [[-3, 3, 7, 3, 7, 7, -3, 7]] },
    ])
    const loader = openDetectionLoader({
      scenes,
      modalities: ['ir'],
      size: [32, 32],
      slots: 2,
      batch: 2,
      workers: 1,
      shuffle: false,
    })
    for await (const { shown, boxes } of loader.batches(0)) {
      expect(shown[0]!.placed).toMatchObject({ width: 32, height: 11 })
      expect([...boxes.subarray(0, 4)].map(Math.round)).toEqual([5, 1, 16, 10])
    }
    await loader.close()
    const framed = await readFramed(10, 'skip')
    expect([framed.scenes, problemText(framed.problems[0]!)]).toEqual([
      [],
      `${at('ir/a.png')}: 40 × 20 is all border, which has 10 pixels on every side`,
    ])
    const yolo = { format: 'yolo', path: at('yolo'), border: 5 } as const
    await expect(readDetectionSet({ images, annotations: yolo, classes: ['a'] })).rejects.toThrow(
      'border and rename are of format voc, not of yolo',
    )
  })

  it('does not expand entities', async () => {
    put('voc/a.xml', `<!DOCTYPE a [<!ENTITY x "person">]>${file(object('&x;', [1, 2, 11, 12]))}`)
    put('voc/b.xml', file())
    const { classes } = await read()
    expect(classes).toEqual(['&x;'])
  })
})

describe('COCO JSON', () => {
  const read = (options: { classes?: string[]; onBad?: 'skip' } = {}) =>
    readDetectionSet({
      images: { rgb: at('vi') },
      annotations: { format: 'coco', path: at('coco.json') },
      ...options,
    })
  const set = {
    images: [
      { id: 7, file_name: 'vi/a.png', width: 40, height: 20 },
      { id: 8, file_name: 'elsewhere.png' },
    ],
    categories: [
      { id: 5, name: 'car' },
      { id: 2, name: 'person' },
    ],
    annotations: [
      {
        image_id: 7,
        category_id: 5,
        bbox: [1, 2, 3, 4],
        area: 6,
        iscrowd: 1,
        segmentation: [[1, 2, 4, 2, 4, 6]],
      },
      { image_id: 8, category_id: 5, bbox: [1, 2, 3, 4] },
    ],
  }

  it('becomes boxes of the images that are there; classes go by id', async () => {
    put('coco.json', JSON.stringify(set))
    const { scenes, classes } = await read()
    expect(classes).toEqual(['person', 'car'])
    expect(scenes[0]!.objects).toEqual([
      { class: 1, box: [1, 2, 3, 4], crowd: true, area: 6, segmentation: [[1, 2, 4, 2, 4, 6]] },
    ])
  })

  it('is reported with line and entry', async () => {
    const bad = [
      { image_id: 7, category_id: 5, bbox: [1, 2, 0, 4] },
      { image_id: 9, category_id: 5, bbox: [1, 2, 3, 4] },
      { image_id: 7, category_id: 1, bbox: [1, 2, 3, 4] },
      { image_id: 7, category_id: 2, bbox: [1, 2, 3, 4] },
      17,
    ]
    put('coco.json', JSON.stringify({ ...set, annotations: bad }, null, 1))
    const { problems } = await read({ classes: ['car'], onBad: 'skip' })
    expect(problems.map(({ problem }) => problem)).toEqual([
      'annotations[0]: box [1, 2, 0, 4] is empty',
      'annotations[1]: image_id 9 is none of the images',
      'annotations[2]: category_id 1 is none of the categories',
      "annotations[3]: class 'person' is unknown; there are car",
      'annotations[4]: image_id missing is none of the images',
    ])
    const lines = JSON.stringify({ ...set, annotations: bad }, null, 1).split('\n')
    expect(lines[problems[1]!.line - 1]).toBe('  {')
    expect(lines[problems[1]!.line]).toBe('   "image_id": 9,')
    put('coco.json', '{')
    await expect(read()).rejects.toThrow(/coco\.json: not valid JSON/)
  })
})

describe('the lines of JSON’s entries', () => {
  it('are found past nested lists, other keys and quoted brackets', () => {
    const text = '{"x": {"list": [1,\n2]}, "note": "a\\"[",\n"list": [\n{"a": [1, 2]},\n{"b": "}"}\n, 3]}'
    expect(jsonEntryLines(text, 'list')).toEqual([4, 5, 6])
    expect(jsonEntryLines(text, 'none')).toEqual([])
    expect(jsonEntryLines('{"list": [ ], "other": [[1,\n2], "a",\nnull]}', 'list')).toEqual([])
    expect(jsonEntryLines('{"list": [ ], "other": [[1,\n2], "a",\nnull]}', 'other')).toEqual([1, 2, 3])
  })

  it('and of any place in a text: a line’s end belongs to it', () => {
    const line = lineFinder('a\nbc\n\nd')
    expect([0, 1, 2, 3, 4, 5, 6, 7].map(line)).toEqual([1, 1, 2, 2, 2, 3, 4, 4])
    expect(lineFinder('')(0)).toBe(1)
  })
})

describe('boxes', () => {
  it('are cut where they hang over a little, refused where they lie outside', () => {
    const image = { width: 100, height: 50 }
    expect(usableBox([-1, 10, 20, 10], image)).toEqual([0, 10, 19, 10])
    expect(usableBox([90, 10, 20, 10], image)).toContain('outside')
    expect(usableBox([100, 10, 1, 10], image)).toContain('outside')
  })

  it('follow a crop, a scale and a mirror', () => {
    const half = { view: { left: 0.5, top: 0, width: 0.5, height: 1, flip: false }, width: 40, height: 40 }
    expect(placeBox([10, 5, 8, 4], [20, 20], half)).toEqual([0, 10, 32, 18])
    expect(placeBox([10, 5, 8, 4], [20, 20], { ...half, view: { ...half.view, flip: true } })).toEqual([
      8, 10, 40, 18,
    ])
    expect(placeBox([1, 5, 8, 4], [20, 20], half)).toBeUndefined()
    // A quarter in view is kept.
    expect(placeBox([7, 5, 4, 4], [20, 20], half)).toEqual([0, 10, 4, 18])
    expect(placeBox([6.5, 5, 4, 4], [20, 20], half)).toBeUndefined()
  })

  it('come back from a fitted image', () => {
    const placed = fittedView([20, 40], [64, 64])
    expect([placed.height, placed.width]).toEqual([32, 64])
    const box = placeBox([10, 5, 8, 4], [20, 40], placed)!
    expect(unplaceBox(box as [number, number, number, number], [20, 40], placed)).toEqual([10, 5, 8, 4])
  })

  it('are drawn into the canvas whatever the scale', () => {
    for (let index = 0; index < 50; index++) {
      const { view, width, height } = drawPlacedView(
        { scale: [0.3, 2], flip: 0.5 },
        [240, 320],
        [256, 320],
        7,
        0,
        index,
      )
      expect(width <= 320 && height <= 256 && view.left + view.width <= 1 + 1e-9).toBe(true)
      expect(Number.isInteger(Math.round(view.left * 320 * 1e6) / 1e6)).toBe(true)
    }
    const draw = () => drawPlacedView({ scale: [0.5, 1], flip: 0.5 }, [240, 320], [256, 320], 7, 1, 2)
    expect(draw()).toEqual(draw())
  })
})
