import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode, encode } from 'fast-png'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { readVoc } from '../annotations/read-voc'
import { buildDataset } from '../build/build-dataset'
import { readLabelImage } from '../label-image'
import { datasetFiles } from '../manifest/open-dataset'
import { cutNote } from './cut-note'
import { readShard } from './read-shard'
import { writeShards } from './write-shards'

const root = mkdtempSync(join(tmpdir(), 'univ-cut-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Of 8 × 6 pixels the columns 2 to 6 and the rows 1 to 4. */
const ref = { file: 'note', crop: { left: 2, top: 1, width: 5, height: 4 }, whole: { width: 8, height: 6 } }
const cutText = (kind: string, text: string) => cutNote(kind, Buffer.from(text), ref).toString('utf8')
/** The id of a pixel tells its place. */
const placed = Uint8Array.from({ length: 48 }, (_, i) => 10 * Math.floor(i / 8) + (i % 8))

describe('a label map that is cut with its image', () => {
  const cutMap = (png: Parameters<typeof encode>[0]) =>
    decode(cutNote('label-map', Buffer.from(encode(png)), ref))
  const wanted = [12, 13, 14, 15, 16, 22, 23, 24, 25, 26, 32, 33, 34, 35, 36, 42, 43, 44, 45, 46]

  it('keeps its ids: grey, with a palette, of 16 bits, of 4', async () => {
    const size = { width: 8, height: 6, channels: 1 }
    const grey = cutMap({ ...size, data: placed })
    expect([grey.width, grey.height, grey.channels, [...grey.data]]).toEqual([5, 4, 1, wanted])
    const palette = Array.from({ length: 64 }, (_, id) => [id, 255 - id, 7] as [number, number, number])
    const painted = cutMap({ ...size, data: placed, palette })
    expect([[...painted.data], painted.palette]).toEqual([wanted, palette])
    const deep = cutMap({ ...size, data: Uint16Array.from(placed, (id) => 1000 + id), depth: 16 })
    expect([deep.depth, [...deep.data]]).toEqual([16, wanted.map((id) => 1000 + id)])
    const small = { ...size, data: placed.map((id) => id % 16), palette: palette.slice(0, 16) }
    const raw = { width: 8, height: 6, channels: 1 as const }
    const packed = await sharp(Buffer.from(small.data.map((id) => id * 17)), { raw })
      .toColourspace('b-w')
      .png({ palette: true, colours: 16, dither: 0 })
      .toBuffer()
    writeFileSync(join(root, 'packed.png'), packed)
    const before = await readLabelImage(join(root, 'packed.png'))
    expect(packed[24]).toBe(4) // bits
    const after = decode(cutNote('label-map', packed, ref))
    expect(after.data[0]).toBe(before.ids[8 + 2])
    expect(after.data[19]).toBe(before.ids[4 * 8 + 6])
  })

  it('is refused where it has not its image’s size, or is no PNG', () => {
    const other = encode({ width: 4, height: 3, channels: 1, data: placed.slice(0, 12) })
    expect(() => cutNote('label-map', Buffer.from(other), ref)).toThrow(
      'note: 4 × 3, its image is 8 × 6: they cannot be cut alike',
    )
    const out = { ...ref, crop: { ...ref.crop, left: 4 } }
    const png = Buffer.from(encode({ width: 8, height: 6, channels: 1, data: placed }))
    expect(() => cutNote('label-map', png, out)).toThrow(
      'note: a crop of 5 × 4 from 4, 1 on leads out of 8 × 6',
    )
    expect(() => cutText('label-map', 'GIF')).toThrow('note: no PNG')
  })
})

describe('boxes that are cut with their image', () => {
  it('of YOLO stand in shares of the cut image: inside, across its edge, outside', () => {
    const text = '3 0.5 0.5 0.25 0.333333333333\n1 0.1875 0.5 0.375 1\n\n2 0.0625 0.5 0.125 0.5\n'
    const lines = cutText('yolo', text)
      .trim()
      .split('\n')
      .map((line) => line.split(' ').map((word) => Number(Number(word).toFixed(6))))
    expect(lines).toEqual([
      [3, 0.4, 0.5, 0.4, 0.5], // 3..5 × 2..4 of 8 × 6: 1..3 × 1..3 of 5 × 4
      [1, 0.1, 0.5, 0.2, 1], // 0..3 × 0..6: 0..1 × 0..4
    ])
    expect(() => cutText('yolo', '0 0.1 0.1 0.2 0.2 0.3 0.3\n')).toThrow(
      'note:1: 7 values are not class cx cy',
    )
    expect(() => cutText('yolo', '\n0 a 0.1 0.2 0.2\n')).toThrow("note:2: 'a 0.1 0.2 0.2' is not class cx cy")
  })

  it('of VOC are moved, upright or oriented, and all else stays as it is', () => {
    const box = (name: string, [left, top, right, bottom]: readonly number[], more = '') =>
      `<object><name>${name}</name>${more}<bndbox><xmin>${left}</xmin><ymin>${top}</ymin><xmax>${right}</xmax><ymax>${bottom}</ymax></bndbox></object>`
    const corners = '<x1>1</x1><y1>2</y1><x2>4</x2><y2>1</y2><x3>5</x3><y3>4</y3><x4>2</x4><y4>5</y4>'
    const cut = cutText(
      'voc-oriented',
      `<annotation>\n  <source a="b">x &amp; y</source>\n  <size><width>8</width><height>6</height></size>\n  ${box('car', [3, 2, 6, 4], '<difficult>1</difficult>')}\n  ${box('far', [0, 0, 2, 6])}<object><name>van</name><polygon>${corners}</polygon></object></annotation>\n`,
    )
    expect(cut).toBe(
      `<annotation>\n  <source a="b">x &amp; y</source>\n  <size><width>5</width><height>4</height></size>\n  ${box('car', [1, 1, 4, 3], '<difficult>1</difficult>')}\n  <object><name>van</name><polygon><x1>-1</x1><y1>1</y1><x2>2</x2><y2>0</y2><x3>3</x3><y3>3</y3><x4>0</x4><y4>4</y4></polygon><bndbox><xmin>0</xmin><ymin>0</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></object></annotation>\n`,
    )
    expect(() => cutText('voc', `<annotation>${box('a', [1, 2])}</annotation>`)).toThrow(
      'note: object 1 has no box of four numbers',
    )
    expect(() => cutText('voc', '<annotation>')).toThrow(/^note:1: /)
  })

  it('of KAIST’s text are moved with the part that is to be seen; other kinds are refused', () => {
    const text =
      '% bbGt version=3\nperson 3 2 2 2 1 4 2 1 2 0 0\nperson 0 0 2 2 0 0 0 0 0 0 0\npeople 1 0 4 3 0 0 0 0 0 0 0\n'
    expect(cutText('kaist', text)).toBe(
      '% bbGt version=3\nperson 1 1 2 2 1 2 1 1 2 0 0\npeople 0 0 3 2 0 0 0 0 0 0 0\n',
    )
    const xml = (x: number, y: number, w: number, h: number) =>
      `<annotation><object><name>person?</name><bndbox><x>${x}</x><y>${y}</y><w>${w}</w><h>${h}</h></bndbox></object></annotation>\n`
    expect(cutText('voc', xml(1, 2, 4, 2))).toBe(xml(0, 1, 3, 2))
    expect(() => cutText('polygons', '')).toThrow('note: annotations of kind polygons cannot be cut')
  })
})

it('shards hold annotations of the part that their images show', async () => {
  const [source, out, shards] = ['source', 'out', 'shards'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ]
  for (const kind of ['vi', 'ir', 'labels', 'boxes']) mkdirSync(join(source, kind), { recursive: true })
  const noise = Buffer.from(Array.from({ length: 48 }, (_, i) => (i * 97) % 256))
  const raw = { width: 8, height: 6, channels: 1 as const }
  for (const kind of ['vi', 'ir'])
    await sharp(noise, { raw })
      .png()
      .toFile(join(source, kind, 'a.png'))
  writeFileSync(join(source, 'labels', 'a.png'), encode({ ...raw, data: placed }))
  writeFileSync(join(source, 'boxes', 'a.txt'), '1 0.5 0.5 0.25 0.333333333333\n')
  await buildDataset({ sources: [source], out, workers: 1 })
  const manifest = join(out, datasetFiles.manifest)
  const record = JSON.parse(readFileSync(manifest, 'utf8'))
  const crops = { vi: { ...record.vi, crop: ref.crop }, ir: { ...record.ir, crop: { ...ref.crop, left: 0 } } }
  writeFileSync(manifest, `${JSON.stringify({ ...record, ...crops })}\n`)
  await writeShards(out, { out: shards })
  const members = new Map<string, Buffer>()
  const [tar = ''] = readdirSync(shards).filter((name) => name.endsWith('.tar'))
  await readShard(
    join(shards, tar),
    ({ suffix }, content) => void members.set(suffix, content!),
    () => true,
  )
  // A file of both images speaks about the visible one's pixels.
  const map = decode(members.get('label-map.png')!)
  expect([map.width, map.height, map.data[0], map.data[19]]).toEqual([5, 4, 12, 46])
  expect(await sharp(members.get('vi.png')).metadata()).toMatchObject({ width: 5, height: 4 })
  expect(members.get('yolo.txt')!.toString()).toMatch(/^1 0\.4 0\.5 0\.4 0\.4999/)
})

it('an oriented object inside the cut reads as it did before, moved', () => {
  const corners = '<x1>3</x1><y1>2</y1><x2>5</x2><y2>2</y2><x3>5</x3><y3>4</y3><x4>3</x4><y4>4</y4>'
  const file = join(root, 'inside.xml')
  writeFileSync(
    file,
    cutText('voc', `<annotation><object><name>van</name><polygon>${corners}</polygon></object></annotation>`),
  )
  const { objects } = readVoc([{ stem: 'a', width: 5, height: 4, file }])
  expect(objects.get('a')).toMatchObject([
    { box: [1, 1, 2, 2], area: 4, segmentation: [[1, 1, 3, 1, 3, 3, 1, 3]] },
  ])
})
