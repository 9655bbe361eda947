import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drawView } from './augment'
import { loadImage } from './decode'
import { listLabelled, openLabelledLoader } from './labelled-loader'
import type { LoaderPosition } from './loader-position'
import { openPairLoader, type PairBatch, type PairLoaderOptions } from './pair-loader'
import { listPairs } from './pairs'
import { patchClasses } from './patch-classes'
import { renderScene } from './synthetic/render'
import { sceneClasses } from './synthetic/scene'
import { writeSyntheticPairs } from './synthetic/write'

const root = mkdtempSync(join(tmpdir(), 'univ-mvip-'))
const made = join(root, 'made')
beforeAll(() => writeSyntheticPairs(made, { pairs: 7, size: 64 }))
afterAll(() => rmSync(root, { recursive: true, force: true }))

async function collect(options: Partial<PairLoaderOptions>, epoch = 0, from = 0): Promise<PairBatch[]> {
  const { pairs } = listPairs(made)
  const loader = openPairLoader({
    pairs,
    batch: 2,
    size: 32,
    seed: 3,
    augment: { crop: [0.4, 1], flip: 0.5 },
    workers: 1,
    ...options,
  })
  const batches: PairBatch[] = []
  for await (const batch of loader.batches(epoch, from)) batches.push(batch)
  await loader.close()
  return batches
}

describe('listing pairs', () => {
  it('joins vi/ and ir/ by stem, in a fixed order, and names the source', () => {
    const { pairs } = listPairs(made)
    expect(pairs).toHaveLength(7)
    expect(pairs[0]!.id).toMatch(/^made\/00000[DN]$/)
  })

  it('keeps the stems that are listed alone', () => {
    const [, second, third] = listPairs(made).pairs.map(({ id }) => id.slice('made/'.length))
    const { pairs } = listPairs(made, { only: new Set([third!, 'nobody', second!]) })
    expect(pairs.map(({ id }) => id)).toEqual([`made/${second}`, `made/${third}`])
  })

  it('reads the released MVIP layout and several roots at once', () => {
    const mvip = join(root, 'mvip')
    for (const kind of ['vi_images', 'images']) {
      mkdirSync(join(mvip, 'KAIST', kind, 'training'), { recursive: true })
      writeFileSync(join(mvip, 'KAIST', kind, 'training', 'a.jpg'), 'x')
    }
    expect(listPairs([mvip, made]).pairs.map(({ source }) => source)).toEqual([
      'KAIST',
      ...Array(7).fill('made'),
    ])
  })

  it('refuses or reports files without partner and empty files', () => {
    const odd = join(root, 'odd')
    for (const kind of ['vi', 'ir']) mkdirSync(join(odd, kind), { recursive: true })
    writeFileSync(join(odd, 'vi', 'a.png'), 'x')
    writeFileSync(join(odd, 'vi', 'b.png'), '')
    writeFileSync(join(odd, 'ir', 'b.png'), 'x')
    writeFileSync(join(odd, 'ir', 'Thumbs.db'), 'x')
    expect(() => listPairs(odd)).toThrow(/3 files make no pair[\s\S]*b\.png: empty file/)
    const { pairs, problems } = listPairs(odd, { onBad: 'skip' })
    expect([pairs.length, problems.length]).toEqual([0, 3])
  })

  it('takes the names of folders that a build takes, and tells a link that leads nowhere', () => {
    const camera = join(root, 'camera')
    for (const kind of ['Visible', 'Thermal']) {
      mkdirSync(join(camera, kind), { recursive: true })
      writeFileSync(join(camera, kind, 'a.TIFF'), 'x')
    }
    expect(listPairs(camera).pairs).toEqual([
      {
        id: 'camera/a',
        source: 'camera',
        vi: join(camera, 'Visible', 'a.TIFF'),
        ir: join(camera, 'Thermal', 'a.TIFF'),
      },
    ])
    symlinkSync('nowhere', join(camera, 'Visible', 'b.tif'))
    expect(() => listPairs(camera)).toThrow(/b\.tif: a symbolic link that leads nowhere/)
  })

  it('says what it looked for', () => {
    for (const layout of ['folders', 'mvip', 'auto'] as const)
      expect(() => listPairs(root, { layout })).toThrow(/looked for vi\/ or visible\/ .* SOURCE\/vi_images/)
    expect(() => listPairs(join(root, 'nowhere'))).toThrow(/does not exist/)
  })
})

describe('decoding', () => {
  it('normalises bytes, and does not resample an image of the right size', async () => {
    const file = join(root, 'grey.png')
    await sharp(Buffer.from([0, 255, 128, 64]), { raw: { width: 2, height: 2, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toFile(file)
    const { data } = await loadImage(file, { modality: 'ir', size: 2 })
    expect(data[0]).toBeCloseTo(-0.5338 / 0.2519, 5)
    expect(data[3]).toBeCloseTo((1 - 0.5338) / 0.2519, 5)
    expect([data[6], data[7]]).toEqual([data[8], data[8]])
  })

  it('names a file that is no image', async () => {
    const file = join(root, 'broken.jpg')
    writeFileSync(file, 'not an image')
    await expect(loadImage(file, { modality: 'rgb' })).rejects.toThrow(
      /broken\.jpg: cannot be read as an image/,
    )
  })

  it('gives a patch the class of most of its pixels, and ignores where it must', () => {
    expect([
      ...patchClasses(Uint8Array.of(1, 1, 2, 11, 1, 3, 11, 11, 0, 0, 5, 5, 0, 0, 5, 5), 4, 2, [11]),
    ]).toEqual([1, -1, 0, 5])
  })
})

describe('loading', () => {
  it.each([
    [0, 3],
    [0, -1],
    [-1, 0],
    [0.5, 0],
  ])('is refused from epoch %s, batch %s, of three batches', async (epoch, batch) => {
    const { pairs } = listPairs(made)
    const loader = openPairLoader({ pairs, batch: 2, size: 32, workers: 1 })
    const { next } = (await loader.stream().next()).value as { next: LoaderPosition }
    await expect(loader.stream({ ...next, epoch, batch }).next()).rejects.toThrow('an epoch has 3 batches')
    await loader.close()
  })

  it.each([
    [{ batch: 0 }, 'batch 0: a whole number of at least 1 is wanted'],
    [{ batch: 1.5 }, 'batch 1.5'],
    [{ size: 0 }, 'size 0'],
    [{ prefetch: 0 }, 'prefetch 0'],
    [{ world: 2, rank: 2 }, 'rank 2 of 2'],
    [{ world: Number.NaN }, 'rank 0 of NaN'],
  ])('is refused of %j before a thread starts', async (options, message) => {
    await expect(collect(options)).rejects.toThrow(message)
  })

  it('gives the same batches whatever the number of workers', async () => {
    const [one, three] = [await collect({ workers: 1 }), await collect({ workers: 3 })]
    expect(one).toHaveLength(3)
    expect(three).toEqual(one)
  })

  it('goes on in mid-epoch where it was left', async () => {
    const all = await collect({}, 4)
    expect(await collect({}, 4, 2)).toEqual(all.slice(2))
  })

  it('changes order and crops with the epoch', async () => {
    const [first, second] = [await collect({}, 0), await collect({}, 1)]
    expect(second.flatMap(({ ids }) => ids)).not.toEqual(first.flatMap(({ ids }) => ids))
  })

  it('cuts both images of a pair alike', () => {
    expect(drawView({ crop: [0.4, 1], flip: 0.5 }, 7, 1, 5)).toEqual(
      drawView({ crop: [0.4, 1], flip: 0.5 }, 7, 1, 5),
    )
    for (let i = 0; i < 50; i++) {
      const { left, top, width, height } = drawView({ crop: [0.4, 1], flip: 0.5 }, 7, 0, i)
      expect(Math.min(left, top, 1 - left - width, 1 - top - height)).toBeGreaterThanOrEqual(-1e-12)
      expect(Math.min(width, height)).toBeGreaterThanOrEqual(0.4)
    }
  })

  it('writes batches into the same memory where it is told to, with the same numbers', async () => {
    const whole = await collect({ dropLast: false })
    const loader = openPairLoader({
      pairs: listPairs(made).pairs,
      ...{ batch: 2, size: 32, seed: 3, augment: { crop: [0.4, 1], flip: 0.5 }, workers: 1 },
      dropLast: false,
      reuse: true,
    })
    const seen = new Set<ArrayBufferLike>()
    for await (const { rgb, ir, index } of loader.batches(0)) {
      expect([rgb, ir]).toEqual([whole[index]!.rgb, whole[index]!.ir])
      seen.add(rgb.buffer)
    }
    await loader.close()
    expect(seen.size).toBe(1)
  })

  it('keeps or drops the smaller last batch', async () => {
    expect((await collect({ dropLast: false })).map(({ ids }) => ids.length)).toEqual([2, 2, 2, 1])
  })

  it('reports a broken image by name when its batch is asked for', async () => {
    const { pairs } = listPairs(made)
    await expect(
      collect({ pairs: [{ ...pairs[0]!, ir: join(root, 'broken.jpg') }, pairs[1]!] }),
    ).rejects.toThrow(/broken\.jpg/)
  })

  it('gives labelled images with a class for every patch', async () => {
    const images = await listLabelled(made)
    const loader = openLabelledLoader({ images, batch: 7, size: 64, patch: 16, shuffle: false, workers: 1 })
    for await (const { classes, rgb } of loader.batches(0)) {
      expect([classes.length, rgb.length]).toEqual([7 * 16, 7 * 64 * 64 * 3])
      expect(new Set(classes).size).toBeGreaterThan(2)
    }
    await loader.close()
  })
})

describe('synthetic scenes', () => {
  it('repeat with (seed, index)', () => {
    expect(renderScene({ seed: 1, index: 2, size: 48 })).toEqual(renderScene({ seed: 1, index: 2, size: 48 }))
    expect(renderScene({ seed: 1, index: 3, size: 48 }).rgb).not.toEqual(
      renderScene({ seed: 1, index: 2, size: 48 }).rgb,
    )
  })

  it('show people warm and sky cold in infrared, at any hour', () => {
    for (let index = 0; index < 8; index++) {
      const { ir, labels } = renderScene({ seed: 5, index, size: 96 })
      const mean = (name: (typeof sceneClasses)[number]) => {
        const values = [...ir].filter((_, i) => labels[i] === sceneClasses.indexOf(name))
        return values.reduce((a, b) => a + b, 0) / Math.max(1, values.length)
      }
      expect(mean('person')).toBeGreaterThan(mean('sky') + 60)
    }
  })

  it('put boxes around cars and people, inside the image', () => {
    const { boxes } = renderScene({ seed: 1, index: 1, size: 128 })
    expect(boxes.length).toBeGreaterThan(1)
    for (const { class: name, x, y, width, height } of boxes) {
      expect(['car', 'person']).toContain(name)
      expect(Math.max(x + width, y + height)).toBeLessThanOrEqual(128)
    }
  })
})

const real = new URL('../../../../shared/data', import.meta.url).pathname
const there = existsSync(join(real, 'roadscene'))
if (!there) console.log('mvip: real pairs are not at hand, their test is skipped')
it.skipIf(!there)('lists and loads RoadScene and MSRS', async () => {
  const { pairs } = listPairs([join(real, 'roadscene'), join(real, 'msrs')])
  expect(pairs).toHaveLength(221 + 261)
  const loader = openPairLoader({ pairs: pairs.slice(215, 231), batch: 8, size: 224, workers: 2 })
  for await (const { rgb, ir } of loader.batches(0))
    expect([rgb, ir].every((data) => data.every(Number.isFinite))).toBe(true)
  await loader.close()
})
