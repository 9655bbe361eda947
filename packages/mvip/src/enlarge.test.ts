import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { decodeBytes } from './decode'
import { enlarge } from './enlarge'

const folder = mkdtempSync(join(tmpdir(), 'univ-enlarge-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const grey = { height: 5, width: 3, channels: 1 }
const small = [
  [0, 138, 25],
  [163, 50, 188],
  [75, 213, 100],
  [238, 125, 12],
  [150, 37, 175],
]
/** `Image.fromarray(small).resize((7, 9), Image.BICUBIC)` of Pillow 13.0.0. */
const byPillow = [
  [0, 3, 85, 145, 97, 26, 0],
  [52, 54, 84, 108, 96, 77, 69],
  [165, 143, 88, 50, 100, 166, 191],
  [127, 126, 120, 119, 139, 162, 170],
  [62, 89, 160, 213, 172, 112, 89],
  [168, 171, 183, 178, 115, 48, 20],
  [250, 227, 175, 114, 65, 29, 12],
  [192, 168, 107, 58, 80, 120, 133],
  [154, 131, 70, 30, 92, 172, 203],
]
const bytes = Uint8Array.from(small.flat())

describe('enlarging', () => {
  it('gives Pillow’s bytes', () => {
    expect([...enlarge({ bytes, ...grey }, [9, 7]).bytes]).toEqual(byPillow.flat())
  })

  it('treats every channel alone', () => {
    const colours = Uint8Array.from({ length: 45 }, (_, i) => bytes[(Math.floor(i / 3) + 4 * (i % 3)) % 15]!)
    const all = enlarge({ bytes: colours, height: 5, width: 3, channels: 3 }, [11, 8])
    for (let c = 0; c < 3; c++) {
      const one = Uint8Array.from({ length: 15 }, (_, i) => colours[3 * i + c]!)
      expect(all.bytes.filter((_, i) => i % 3 === c)).toEqual(enlarge({ bytes: one, ...grey }, [11, 8]).bytes)
    }
  })

  it('moves nothing: a mirrored image becomes the mirrored enlargement', () => {
    const mirrored = Uint8Array.from(small.flatMap((row) => [...row].reverse()))
    const rows = (data: Uint8Array) =>
      Array.from({ length: 13 }, (_, y) => [...data.subarray(y * 8, y * 8 + 8)])
    expect(rows(enlarge({ bytes: mirrored, ...grey }, [13, 8]).bytes)).toEqual(
      rows(enlarge({ bytes, ...grey }, [13, 8]).bytes).map((row) => row.reverse()),
    )
  })

  it('leaves a side that is as wanted', () => {
    const image = { bytes, ...grey }
    expect(enlarge(image, [5, 3])).toBe(image)
    expect(enlarge(image, [5, 6]).height).toBe(5)
  })
})

it('is how files are read at more than their size, and libvips reduces what is less', async () => {
  const file = join(folder, 'small.png')
  await sharp(bytes, { raw: { height: 5, width: 3, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(file)
  const larger = await decodeBytes(file, { modality: 'ir', size: [9, 7] })
  expect([...larger.bytes]).toEqual(byPillow.flat())
  const mixed = await decodeBytes(file, { modality: 'ir', size: [3, 7] })
  expect([mixed.height, mixed.width, mixed.bytes.length]).toEqual([3, 7, 21])
})
