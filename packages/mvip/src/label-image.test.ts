import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { loadLabels } from './decode'
import { mirrorLabels, readLabelImage, resizeLabels } from './label-image'

const root = mkdtempSync(join(tmpdir(), 'labels-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let files = 0
const file = (bytes: Uint8Array) => {
  const path = join(root, `${files++}.png`)
  writeFileSync(path, bytes)
  return path
}

function crc32(bytes: Uint8Array): number {
  let crc = ~0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}

/** A PNG by hand: rows of packed ids, no filter. Colour type 0 = grey, 3 = palette. */
function png(
  ids: number[][],
  depth: number,
  {
    palette,
    width = ids[0]!.length,
    interlace = 0,
  }: { palette?: number[][]; width?: number; interlace?: number } = {},
): Uint8Array {
  const chunk = (name: string, body: Uint8Array) => {
    const named = Buffer.concat([Buffer.from(name), body])
    const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(body.length)
    crc.writeUInt32BE(crc32(named))
    return Buffer.concat([length, named, crc])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(ids.length, 4)
  header.set([depth, palette ? 3 : 0, 0, 0, interlace], 8)
  const rows = ids.map((row) => {
    const bits = row.map((id) => id.toString(2).padStart(depth, '0')).join('')
    const bytes = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0').match(/.{8}/g)!
    return [0, ...bytes.map((byte) => Number.parseInt(byte, 2))]
  })
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk('IHDR', header),
    ...(palette ? [chunk('PLTE', Buffer.from(palette.flat()))] : []),
    chunk('IDAT', deflateSync(Buffer.from(rows.flat()))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

const palette = Array.from({ length: 16 }, (_, i) => [255 - 3 * i, 7 * i, (i * 91) % 256])

describe('label maps keep their ids', () => {
  // Five wide: rows end inside a byte at every depth below 8.
  const upTo = (most: number) => [0, 1].map((y) => [0, 1, 2, 3, 4].map((x) => (3 * y + x) % (most + 1)))

  it.each([1, 2, 4, 8, 16])('in grey PNGs of %i bits', async (depth) => {
    const ids = upTo(Math.min(2 ** depth - 1, 200))
    const read = await readLabelImage(file(png(ids, depth)))
    expect([read.height, read.width, [...read.ids]]).toEqual([2, 5, ids.flat()])
  })

  it.each([1, 2, 4, 8])('in palette PNGs of %i bits: the index, not its colour', async (depth) => {
    const ids = upTo(Math.min(2 ** depth - 1, 15))
    const bytes = png(ids, depth, { palette: palette.slice(0, 2 ** depth) })
    expect([...(await readLabelImage(file(bytes))).ids]).toEqual(ids.flat())
    // libvips sees colours where the ids are: three channels.
    expect((await sharp(bytes).raw().toBuffer({ resolveWithObject: true })).info.channels).toBe(3)
  })

  it('as other programs write them: filtered rows, and no PNG at all', async () => {
    const ids = Uint8Array.from({ length: 64 * 48 }, (_, i) => (i % 12) + Math.floor(i / 640))
    const grey = sharp(ids, { raw: { width: 64, height: 48, channels: 1 } }).toColourspace('b-w')
    expect((await readLabelImage(file(await grey.clone().png().toBuffer()))).ids).toEqual(ids)
    expect(
      (await readLabelImage(file(await grey.clone().tiff({ compression: 'lzw' }).toBuffer()))).ids,
    ).toEqual(ids)
  })

  it('and what has none is refused by name', async () => {
    const refused = (bytes: Uint8Array) => expect(readLabelImage(file(bytes))).rejects
    const colour = sharp(Buffer.alloc(12), { raw: { width: 2, height: 2, channels: 3 } })
    await refused(await colour.clone().png().toBuffer()).toThrow(
      /\d+\.png: a label image has one channel.* has 3/,
    )
    await refused(await colour.clone().jpeg().toBuffer()).toThrow(/has one channel of class ids, this has 3/)
    await refused(png([[300]], 16)).toThrow('class id 300; ids from 0 to 255')
    await refused(png([[1, 0]], 1, { interlace: 1 })).toThrow('an interlaced PNG of 1 bits')
    await refused(png([[0]], 8, { width: 2 ** 31 - 1 })).toThrow(/2147483647×1 pixels, more than/)
    await refused(png([[0, 1]], 8).slice(0, 30)).toThrow('cut off in its header')
    const broken = Uint8Array.from(png([[0, 1]], 8))
    broken[broken.length - 20]! ^= 1
    await refused(broken).toThrow(/broken PNG/)
    await refused(Buffer.from('no image at all')).toThrow(/\d+\.png: /)
    await expect(readLabelImage(join(root, 'none.png'))).rejects.toThrow(
      /none\.png: cannot be read \(ENOENT\)/,
    )
  })
})

describe('label maps at another size', () => {
  const four = { height: 1, width: 4, ids: Uint8Array.of(1, 2, 3, 4) }

  it('take the id at the centre of each pixel', () => {
    expect([...resizeLabels(four, [1, 8]).ids]).toEqual([1, 1, 2, 2, 3, 3, 4, 4])
    expect([...resizeLabels(four, [1, 2]).ids]).toEqual([2, 4])
    expect([...resizeLabels(four, [2, 3]).ids]).toEqual([1, 3, 4, 1, 3, 4])
  })

  it('are cut and mirrored without mixing ids', async () => {
    expect([...resizeLabels(four, [1, 2], { left: 1, top: 0, width: 2, height: 1 }).ids]).toEqual([2, 3])
    expect([...mirrorLabels({ height: 2, width: 2, ids: Uint8Array.of(1, 2, 3, 4) }).ids]).toEqual([
      2, 1, 4, 3,
    ])
    const path = file(
      png(
        [
          [1, 2, 3, 4],
          [5, 6, 7, 8],
          [9, 10, 11, 12],
          [13, 14, 15, 0],
        ],
        4,
      ),
    )
    const view = { left: 0.5, top: 0, width: 0.5, height: 0.5, flip: true }
    expect([...(await loadLabels(path, 2, view))]).toEqual([4, 3, 8, 7])
  })
})
