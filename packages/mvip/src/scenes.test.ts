import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { applyLookup, labelLookup } from './label-classes'
import { listLabelledPairs, presentModalities } from './labelled-pairs'
import { normalisation } from './normalisation'
import { openSceneLoader, type SceneBatch, type SceneLoaderOptions } from './scene-loader'
import { chooseCorner, decodeScene, drawSceneView, fittedSize, type SceneAugmentation } from './scene-view'
import { readClassNames } from './sources/set-classes'
import { writeSyntheticPairs } from './synthetic/write'

const root = mkdtempSync(join(tmpdir(), 'scenes-'))
const made = join(root, 'made')
beforeAll(() => writeSyntheticPairs(made, { pairs: 5, size: 64 }))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const augment: SceneAugmentation = { fit: null, scale: [0.5, 2], crop: 48, catMaxRatio: 0.75, flip: 0.5 }

describe('listing scenes', () => {
  it('joins both images and the label map by stem, or takes one modality', async () => {
    const scenes = await listLabelledPairs(made, { modalities: ['rgb', 'ir'] })
    expect(scenes).toHaveLength(5)
    expect(Object.keys(scenes[0]!.images)).toEqual(['rgb', 'ir'])
    const only = new Set([scenes[2]!.id])
    const listed = await listLabelledPairs(made, { modalities: ['ir'], only })
    expect(listed.map(({ id }) => id)).toEqual([...only])
  })

  it('takes images/ for infrared where infrared alone is there', async () => {
    const soda = join(root, 'soda')
    for (const name of ['images', 'labels']) mkdirSync(join(soda, name), { recursive: true })
    writeFileSync(join(soda, 'images', 'a.jpg'), 'x')
    writeFileSync(join(soda, 'labels', 'a.png'), 'x')
    expect((await listLabelledPairs(soda, { modalities: ['ir'] }))[0]!.images.ir).toMatch(/images\/a\.jpg$/)
    await expect(listLabelledPairs(soda, { modalities: ['rgb', 'ir'] })).rejects.toThrow(
      /no ir images: looked for ir\//,
    )
  })

  it('reads public sets as they are published: MSRS’ splits, MFNet’s thermal in the alpha channel', async () => {
    const grey = (value: number) =>
      sharp({ create: { width: 8, height: 8, channels: 3, background: { r: value, g: value, b: value } } })
    const [msrs, mfnet] = [join(root, 'msrs'), join(root, 'mfnet')]
    for (const [split, name] of [
      ['train', '00001D'],
      ['test', '00002N'],
    ] as const) {
      for (const kind of ['vi', 'ir', 'Segmentation_labels']) {
        mkdirSync(join(msrs, split, kind), { recursive: true })
        await grey(1)
          .toColourspace('b-w')
          .png()
          .toFile(join(msrs, split, kind, `${name}.png`))
      }
    }
    const both = { modalities: ['rgb', 'ir'] as const }
    expect((await listLabelledPairs(msrs, both)).map(({ id }) => id).sort()).toEqual([
      'test_00002N',
      'train_00001D',
    ])
    expect((await listLabelledPairs(msrs, { ...both, split: 'test' }))[0]!.labels).toMatch(
      /test\/Segmentation_labels/,
    )
    await expect(listLabelledPairs(msrs, { ...both, split: 'val' })).rejects.toThrow(
      /no images; its splits are train, test/,
    )
    await expect(listLabelledPairs(made, { ...both, split: 'val' })).rejects.toThrow(
      "a plain folder has no split 'val'",
    )

    for (const kind of ['images', 'labels']) mkdirSync(join(mfnet, kind), { recursive: true })
    const alpha = Buffer.alloc(64, 51)
    await grey(255)
      .joinChannel(alpha, { raw: { width: 8, height: 8, channels: 1 } })
      .png()
      .toFile(join(mfnet, 'images', '00003D.png'))
    await grey(1)
      .toColourspace('b-w')
      .png()
      .toFile(join(mfnet, 'labels', '00003D.png'))
    writeFileSync(join(mfnet, 'train.txt'), '00003D\n')
    expect(await presentModalities(mfnet)).toEqual(['rgb', 'ir'])
    const [scene] = await listLabelledPairs(mfnet, { ...both, split: 'train' })
    const view = { ...drawSceneView({ ...augment, crop: 8, scale: [1, 1] }, 1, 0, 0), flip: false }
    const { images, labels } = await decodeScene({
      images: both.modalities.map((modality) => ({
        file: scene!.images[modality]!,
        modality,
        normalisation: { mean: [0, 0, 0], std: [1, 1, 1] },
      })),
      labels: scene!.labels,
      lookup: labelLookup({ classes: 2 }),
      view,
    })
    expect([images[0]![0], labels[0]]).toEqual([1, 1])
    expect(images[1]![0]).toBeCloseTo(0.2, 6)
  })

  it('says what is missing', async () => {
    const odd = join(root, 'odd')
    for (const name of ['vi', 'labels']) mkdirSync(join(odd, name), { recursive: true })
    await expect(listLabelledPairs(odd, { modalities: ['rgb'] })).rejects.toThrow('no images')
    writeFileSync(join(odd, 'vi', 'a.png'), 'x')
    await expect(listLabelledPairs(odd, { modalities: ['rgb'] })).rejects.toThrow(
      /1 images lack their label map.*: a/,
    )
    await expect(listLabelledPairs(join(odd, 'vi'), { modalities: ['rgb'] })).rejects.toThrow(
      /no label maps: looked for labels\//,
    )
    await expect(listLabelledPairs(join(root, 'nowhere'), { modalities: ['rgb'] })).rejects.toThrow(
      'does not exist',
    )
  })

  it('reads class names', () => {
    expect(readClassNames(made)).toContain('person')
    expect(() => readClassNames('/')).toThrow('no classes.txt')
    expect(() => readClassNames('/', '--classes')).toThrow('give --classes')
  })
})

describe('classes from ids', () => {
  it('are the ids themselves, or what they are mapped to; 255 never counts', () => {
    const plain = labelLookup({ classes: 3, ignore: [7] })
    expect([...applyLookup(Uint8Array.of(0, 2, 7, 255), plain, 'f')]).toEqual([0, 2, 255, 255])
    const sparse = labelLookup({ classes: 2, remap: { 7: 0, 24: 1 } })
    expect([...applyLookup(Uint8Array.of(24, 7), sparse, 'f')]).toEqual([1, 0])
    expect(() => applyLookup(Uint8Array.of(7, 0), sparse, 'f')).toThrow('f: 1 pixels have id 0')
  })

  it('refuse rules that cannot be', () => {
    expect(() => labelLookup({ classes: 0 })).toThrow('0 classes')
    expect(() => labelLookup({ classes: 2, remap: { 300: 1 } })).toThrow("'300' is no id")
    expect(() => labelLookup({ classes: 2, remap: { 3: 2 } })).toThrow('id 3 becomes class 2, there are 2')
  })
})

describe('a scene’s view', () => {
  it('is fitted as mmsegmentation fits, then scaled', () => {
    expect(fittedSize(480, 640, [2048, 512])).toEqual([512, 683])
    expect(fittedSize(480, 640, [640, 512])).toEqual([480, 640])
    expect(fittedSize(480, 640, null, 0.5)).toEqual([240, 320])
  })

  it('is drawn anew while one class fills the crop', () => {
    // 2 × 6: the right third alone is mixed.
    const labels = Uint8Array.of(0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1)
    const corners = [
      [0, 0],
      [0, 0.3],
      [0, 0.99],
      [0, 0],
    ] as const
    expect(chooseCorner(labels, 2, 6, { corners, crop: 2, catMaxRatio: 0.76 })).toEqual({ top: 0, left: 4 })
    // None of the first three passes a stricter limit: the last is taken as it comes.
    expect(chooseCorner(labels, 2, 6, { corners, crop: 2, catMaxRatio: 0.5 })).toEqual({ top: 0, left: 0 })
    const ignored = labels.map((label) => (label === 1 ? 255 : 0))
    expect(chooseCorner(ignored, 2, 6, { corners, crop: 2, catMaxRatio: 1.1 })).toEqual({ top: 0, left: 0 })
  })

  it('is the same in both images and the label map: pixel for pixel', async () => {
    // Image and labels hold the same pattern; where they are cut apart, values and ids disagree.
    const side = 40
    const ids = Uint8Array.from(
      { length: side * side },
      (_, i) => (Math.floor(i / side / 8) + Math.floor((i % side) / 8)) % 2,
    )
    const grey = (values: Uint8Array) =>
      sharp(values, { raw: { width: side, height: side, channels: 1 } }).toColourspace('b-w')
    const [image, labels] = [join(root, 'pattern.png'), join(root, 'pattern-labels.png')]
    await grey(ids.map((id) => id * 255))
      .png()
      .toFile(image)
    await grey(ids).png().toFile(labels)
    const lookup = labelLookup({ classes: 2 })
    for (let index = 0; index < 6; index++) {
      const view = drawSceneView({ ...augment, scale: [1, 2], crop: 32 }, 1, 0, index)
      const images = (['rgb', 'ir'] as const).map((modality) => ({ file: image, modality }))
      const scene = await decodeScene({ images, labels, lookup, view })
      scene.images.forEach((pixels, which) => {
        const { mean, std } = normalisation[which === 0 ? 'rgb' : 'ir']
        let [agree, counted] = [0, 0]
        scene.labels.forEach((label, i) => {
          const value = pixels[3 * i]! * std[0]! + mean[0]!
          if (label === 255 || Math.abs(value - 0.5) < 0.3) return
          counted++
          agree += Number(value > 0.5 === (label === 1))
        })
        expect(counted).toBeGreaterThan(500)
        expect(agree).toBe(counted)
      })
    }
  })

  it('smaller than the crop is filled up with the mean colour and ignored labels', async () => {
    const [scene] = await listLabelledPairs(made, { modalities: ['rgb'] })
    const view = { ...drawSceneView(augment, 1, 0, 0), scale: 0.5, flip: false }
    const { images, labels } = await decodeScene({
      images: [{ file: scene!.images.rgb!, modality: 'rgb' }],
      labels: scene!.labels,
      lookup: labelLookup({ classes: 12 }),
      view,
    })
    expect(labels.filter((label) => label === 255)).toHaveLength(48 * 48 - 32 * 32)
    expect([labels[47], images[0]![47 * 3], labels[31 * 48 + 31] === 255]).toEqual([255, 0, false])
  })
})

describe('loading scenes', () => {
  const collect = async (
    options: Partial<SceneLoaderOptions>,
    epoch = 0,
    from = 0,
  ): Promise<SceneBatch[]> => {
    const modalities = options.modalities ?? ['rgb', 'ir']
    const loader = openSceneLoader({
      scenes: await listLabelledPairs(made, { modalities }),
      modalities,
      rule: { classes: readClassNames(made).length },
      augment,
      batch: 2,
      seed: 3,
      workers: 1,
      ...options,
    })
    const batches: SceneBatch[] = []
    try {
      for await (const batch of loader.batches(epoch, from)) batches.push(batch)
    } finally {
      await loader.close()
    }
    return batches
  }

  it('gives both images of a scene with one label map', async () => {
    const [first] = await collect({})
    expect([first!.images.length, first!.labels.length]).toEqual([4 * 48 * 48 * 3, 4 * 48 * 48])
    const labels = (i: number) => first!.labels.slice(i * 48 * 48, (i + 1) * 48 * 48)
    expect(labels(0)).toEqual(labels(1))
    expect(labels(0)).not.toEqual(labels(2))
    const [rgbOnly] = await collect({ modalities: ['rgb'] })
    expect(rgbOnly!.images.slice(0, 48 * 48 * 3)).toEqual(first!.images.slice(0, 48 * 48 * 3))
  })

  it('gives the same batches whatever the workers, and goes on in mid-epoch', async () => {
    const all = await collect({}, 1)
    expect(await collect({ workers: 2 }, 1)).toEqual(all)
    expect(await collect({}, 1, 1)).toEqual(all.slice(1))
    expect((await collect({}, 2))[0]!.images).not.toEqual(all[0]!.images)
  })

  it('normalises as it is told', async () => {
    const [plain] = await collect({ modalities: ['ir'] })
    const [other] = await collect({
      modalities: ['ir'],
      normalisation: { ir: { mean: [0, 0, 0], std: [1, 1, 1] } },
    })
    const at = plain!.labels.findIndex((label) => label !== 255) * 3
    expect(other!.images[at]).toBeCloseTo(plain!.images[at]! * 0.2519 + 0.5338, 5)
  })

  it('names a label map with an unknown id', async () => {
    await expect(collect({ rule: { classes: 1 } })).rejects.toThrow(/labels\/.*\.png: \d+ pixels have id \d+/)
  })
})
