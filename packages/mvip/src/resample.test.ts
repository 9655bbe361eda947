import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { decodeBytes } from './decode'
import { resample } from './resample'

const folder = mkdtempSync(join(tmpdir(), 'univ-resample-'))
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

/** `(i² 7 + 31 i + 53 j² + 17 j + 11 i j) mod 256` in row i and column j, and what Pillow makes of it in 5 × 4 and 12 × 7. */
const pattern = Uint8Array.from({ length: 99 }, (_, at) => {
  const [i, j] = [Math.floor(at / 11), at % 11]
  return i * i * 7 + i * 31 + j * j * 53 + j * 17 + i * j * 11
})
const reducedByPillow = [
  [81, 139, 139, 153],
  [115, 126, 116, 127],
  [132, 127, 133, 105],
  [127, 144, 107, 146],
  [127, 158, 169, 92],
]
const mixedByPillow = [
  [20, 173, 77, 156, 198, 166, 82],
  [49, 101, 128, 195, 79, 122, 195],
  [95, 93, 148, 165, 70, 130, 223],
  [125, 155, 118, 93, 163, 172, 125],
  [92, 125, 103, 172, 48, 85, 59],
  [155, 79, 80, 117, 142, 82, 65],
  [167, 120, 138, 124, 177, 129, 125],
  [119, 192, 222, 189, 94, 173, 186],
  [136, 67, 123, 106, 27, 122, 149],
  [114, 132, 119, 108, 157, 106, 121],
  [118, 153, 158, 161, 220, 89, 104],
  [147, 99, 195, 216, 173, 69, 97],
]

describe('resampling', () => {
  it('gives Pillow’s bytes', () => {
    expect([...resample({ bytes, ...grey }, [9, 7]).bytes]).toEqual(byPillow.flat())
  })

  it('gives Pillow’s bytes where it reduces, with antialiasing, or reduces one side alone', () => {
    const image = { bytes: pattern, height: 9, width: 11, channels: 1 }
    expect([...resample(image, [5, 4]).bytes]).toEqual(reducedByPillow.flat())
    expect([...resample(image, [12, 7]).bytes]).toEqual(mixedByPillow.flat())
  })

  it.each([
    [11, 8],
    [4, 2],
    [1, 1],
  ])('treats every channel alone, to %i × %i', (...size) => {
    const colours = Uint8Array.from({ length: 45 }, (_, i) => bytes[(Math.floor(i / 3) + 4 * (i % 3)) % 15]!)
    const all = resample({ bytes: colours, height: 5, width: 3, channels: 3 }, size)
    for (let c = 0; c < 3; c++) {
      const one = Uint8Array.from({ length: 15 }, (_, i) => colours[3 * i + c]!)
      expect(all.bytes.filter((_, i) => i % 3 === c)).toEqual(resample({ bytes: one, ...grey }, size).bytes)
    }
  })

  it('moves nothing: a mirrored image becomes the mirrored enlargement', () => {
    const mirrored = Uint8Array.from(small.flatMap((row) => [...row].reverse()))
    const rows = (data: Uint8Array) =>
      Array.from({ length: 13 }, (_, y) => [...data.subarray(y * 8, y * 8 + 8)])
    expect(rows(resample({ bytes: mirrored, ...grey }, [13, 8]).bytes)).toEqual(
      rows(resample({ bytes, ...grey }, [13, 8]).bytes).map((row) => row.reverse()),
    )
  })

  it('leaves a side that is as wanted', () => {
    const image = { bytes, ...grey }
    expect(resample(image, [5, 3])).toBe(image)
    expect(resample(image, [5, 6]).height).toBe(5)
  })
})

it('is how small files are read, and libvips reduces large ones to much the same', async () => {
  const file = join(folder, 'small.png')
  await sharp(bytes, { raw: { height: 5, width: 3, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(file)
  const larger = await decodeBytes(file, { modality: 'ir', size: [9, 7] })
  expect([...larger.bytes]).toEqual(byPillow.flat())
  const mixed = await decodeBytes(file, { modality: 'ir', size: [3, 7] })
  expect([...mixed.bytes]).toEqual([...resample({ bytes, ...grey }, [3, 7]).bytes])
  const [height, width] = [450, 400]
  const waves = Uint8Array.from({ length: height * width }, (_, at) => {
    const [y, x] = [Math.floor(at / width), at % width]
    return Math.round(128 + 60 * Math.sin(x / 9) + 60 * Math.cos(y / 7))
  })
  await sharp(waves, { raw: { height, width, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(file)
  const byLibvips = await decodeBytes(file, { modality: 'ir', size: [190, 230] })
  const ours = resample({ bytes: waves, height, width, channels: 1 }, [190, 230]).bytes
  const differences = byLibvips.bytes.map((value, i) => Math.abs(value - ours[i]!))
  expect(differences.reduce((most, one) => Math.max(most, one))).toBeLessThanOrEqual(3)
})
