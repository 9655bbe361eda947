import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeBytes } from '../decode'
import { openDataset } from '../manifest/open-dataset'
import { writeShards } from '../shards/write-shards'
import { openSource } from '../sources/open-source'
import { buildDataset } from './build-dataset'
import type { BuildOptions } from './options'

const root = mkdtempSync(join(tmpdir(), 'univ-thermal-'))
const [camera, eightBit] = [join(root, 'camera'), join(root, 'eight')]
afterAll(() => rmSync(root, { recursive: true, force: true }))

const [width, height] = [32, 24]

/** A hot square somewhere on a slope: 7000 to about 7900 counts. */
const counts = (place: number) =>
  Uint16Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)]
    return Math.abs(x - place) < 4 && Math.abs(y - 12) < 4 ? 7900 - x : 7000 + 10 * x + y
  })

beforeAll(async () => {
  for (const [folder, wide] of [
    [camera, true],
    [eightBit, false],
  ] as const) {
    for (const kind of ['vi', 'ir']) mkdirSync(join(folder, kind), { recursive: true })
    for (const [i, place] of [6, 14, 24].entries()) {
      const values = counts(place)
      const raw = { width, height, channels: 1 as const }
      const bytes = Uint8Array.from(values, (value) => (value - 7000) / 4)
      // One of them on three channels: some programs store thermal so.
      const stored = wide
        ? i === 1
          ? sharp(
              Uint16Array.from({ length: 3 * values.length }, (_, j) => values[Math.floor(j / 3)]!),
              {
                raw: { ...raw, channels: 3 },
              },
            ).toColourspace('rgb16')
          : sharp(values, { raw }).toColourspace('grey16')
        : sharp(bytes, { raw }).toColourspace('b-w')
      await stored.png().toFile(join(folder, 'ir', `${i}.png`))
      await sharp(bytes, { raw })
        .png()
        .toFile(join(folder, 'vi', `${i}.png`))
    }
  }
})

let number = 0
const build = (sources: readonly string[], options: Partial<BuildOptions> = {}) =>
  buildDataset({
    sources,
    out: join(root, `out-${number++}`),
    workers: 1,
    duplicates: 'report',
    misaligned: 'report',
    shares: { train: 1, val: 0, test: 0 },
    ...options,
  })

async function firstShown(path: string): Promise<Uint8Array> {
  const source = await openSource(path)
  try {
    return (await decodeBytes(source.pair(0).ir, { modality: 'ir' })).bytes as Uint8Array
  } finally {
    source.close()
  }
}

describe('a dataset of a thermal camera', () => {
  it('records what its loader shows, on one channel and on three', async () => {
    const { out, header } = await build([camera])
    expect(header).not.toHaveProperty('thermalRange')
    const dataset = openDataset(out)
    for await (const record of dataset.records()) {
      const { bytes } = await decodeBytes(dataset.imageOf(record, 'ir')!, { modality: 'ir' })
      const mean = bytes.reduce((sum, value) => sum + value, 0) / bytes.length
      expect(record.ir).toMatchObject({ depth: 'ushort', chroma: 0 })
      expect(record.ir!.mean).toEqual([expect.closeTo(mean, 2)])
      expect(record.ir!.std[0]).toBeGreaterThan(30)
    }
  })

  it('keeps a range that it was built with for loaders and shards', async () => {
    const { out } = await build([camera], { thermalRange: [7000, 8000] })
    expect(openDataset(out).header.thermalRange).toEqual([7000, 8000])
    const wanted = Array.from(counts(6), (value) => Math.round((255 * (value - 7000)) / 1000))
    expect([...(await firstShown(out))]).toEqual(wanted)
    const shards = join(root, 'shards')
    await writeShards(out, { out: shards })
    expect([...(await firstShown(shards))]).toEqual(wanted)
  })

  it('is looked at anew with another range', async () => {
    const out = join(root, 'again')
    const means = []
    for (const thermalRange of [[7000, 8000] as const, [7000, 9000] as const, undefined]) {
      const { recalled } = await build([camera], { out, thermalRange })
      expect(recalled).toBe(0)
      for await (const { ir } of openDataset(out).records()) {
        means.push(ir!.mean[0]!)
        break
      }
    }
    expect(means[0]! / means[1]!).toBeCloseTo(2, 1)
    expect(new Set(means).size).toBe(3)
  })

  it.each([
    [[8000, 7000], camera, 'thermalRange 8000,7000: two numbers, the lower first, are wanted'],
    [[-40, 120], camera, 'the values of all 3 infrared images of more than 8 bits lie on one side of it'],
    [[7000, 8000], eightBit, 'no infrared image has more than 8 bits, so there is nothing to scale'],
  ] as const)('refuses the range %j where it cannot be meant', async (range, source, message) => {
    await expect(build([source], { thermalRange: range })).rejects.toThrow(message)
  })

  it('is refused where its header holds no range', async () => {
    const { out } = await build([camera], { thermalRange: [7000, 8000] })
    const file = join(out, 'dataset.json')
    for (const wrong of ['[9000,7000]', '[7000]', '"hot"']) {
      const text = readFileSync(file, 'utf8')
      writeFileSync(file, text.replace(/"thermalRange":[^\]]*\]/, `"thermalRange":${wrong}`))
      expect(() => openDataset(out), wrong).toThrow(/dataset\.json.*thermalRange/s)
      writeFileSync(file, text)
    }
  })
})
