import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDetectionLoader } from '../annotations/detection-loader'
import { readDetectionSet } from '../annotations/detection-set'
import { buildDataset } from '../build/build-dataset'
import type { BuildOptions } from '../build/options'
import { splitDataset } from '../build/split-dataset'
import { listImages } from '../image-loader'
import { readLabelImage } from '../label-image'
import { listLabelled } from '../labelled-loader'
import { listLabelledPairs, presentModalities } from '../labelled-pairs'
import { openDataset } from '../manifest/open-dataset'
import { fileOf } from '../open-image'
import { openSceneLoader } from '../scene-loader'
import { writeShards } from '../shards/write-shards'
import { msrsClasses } from '../synthetic/scene-types'
import { writeBenchmark } from '../synthetic/write-benchmark'
import { readClassNames } from './set-classes'

const root = mkdtempSync(join(tmpdir(), 'univ-annotated-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const at = (...names: string[]) => join(root, ...names)
const build = (sources: readonly string[], out: string, options: Partial<BuildOptions> = {}) =>
  buildDataset({ sources, out, workers: 1, duplicates: 'report', ...options })

const [made, dataset] = [at('made'), at('dataset')]
beforeAll(async () => {
  await writeBenchmark(made, { sequences: 6, frames: 2, size: 64 })
  await build([made], dataset)
  await splitDataset(dataset, { train: 0.5, val: 0.5, test: 0 }, 3)
})

const both = { modalities: ['rgb', 'ir'] as const }
const boxes = {
  images: { rgb: join(made, 'vi'), ir: join(made, 'ir') },
  annotations: { format: 'yolo', path: join(made, 'boxes') },
} as const
const stemsOf = async (split: string) => {
  const found = []
  for await (const record of openDataset(dataset).records())
    if (record.split === split) found.push(record.id.split('/')[1]!)
  return found
}

async function all<Batch>(loader: { batches(epoch: number): AsyncGenerator<Batch>; close(): Promise<void> }) {
  const batches: Batch[] = []
  for await (const batch of loader.batches(1)) batches.push(batch)
  await loader.close()
  return batches
}

describe('a built dataset', () => {
  it('gives the scenes of its source, pixel for pixel, and their classes', async () => {
    const rule = { classes: readClassNames(dataset).length }
    expect(readClassNames(dataset)).toEqual(msrsClasses)
    const augment = { fit: null, scale: [0.5, 2], crop: 48, catMaxRatio: 0.75, flip: 0.5 } as const
    const batchesOf = async (folder: string) => {
      const scenes = await listLabelledPairs(folder, both)
      const batches = await all(
        openSceneLoader({ ...both, scenes, rule, augment, batch: 4, seed: 5, workers: 1 }),
      )
      return batches.map(({ images, labels }) => ({ images, labels }))
    }
    const [ours, theirs] = [await batchesOf(dataset), await batchesOf(made)]
    expect(ours).toHaveLength(3)
    expect(ours).toEqual(theirs)
    expect(await presentModalities(dataset)).toEqual(['rgb', 'ir'])
  })

  it('gives the boxes of its source, and the images in which there are none', async () => {
    const batchesOf = async (options: Parameters<typeof readDetectionSet>[0]) => {
      const { scenes, classes } = await readDetectionSet(options)
      expect(classes).toEqual(msrsClasses)
      const shape = { size: [64, 64], slots: 8, batch: 4, seed: 5, workers: 1 } as const
      const augment = { scale: [0.5, 2], flip: 0.5 } as const
      const batches = await all(openDetectionLoader({ ...both, ...shape, scenes, augment }))
      return batches.map(({ images, boxes, classes, valid }) => ({ images, boxes, classes, valid }))
    }
    const ours = await batchesOf({ path: dataset, ...both })
    expect(ours).toEqual(await batchesOf(boxes))
    expect(ours.some(({ valid }) => valid.includes(1))).toBe(true)
    expect(ours).toEqual(await batchesOf({ path: made, ...both }))
  })

  it('gives one split of itself, and of that what is listed', async () => {
    const ids = async (choice: object) =>
      (await listLabelledPairs(dataset, { ...both, ...choice })).map(({ id }) => id)
    const train = await stemsOf('train')
    expect(train.length).toBe(6)
    expect(await ids({ split: 'train' })).toEqual(train.map((stem) => `made_${stem}`))
    expect(await ids({ split: 'train', only: new Set([train[1]!, (await stemsOf('val'))[0]!]) })).toEqual([
      `made_${train[1]}`,
    ])
    const { scenes } = await readDetectionSet({ path: dataset, ...both, split: 'val' })
    expect(scenes.map(({ id }) => id)).toEqual((await stemsOf('val')).map((stem) => `made_${stem}`))
    expect((await listLabelled(dataset, 'train')).map(({ image }) => fileOf(image))).toEqual(
      train.map((stem) => join(made, 'vi', `${stem}.png`)),
    )
    expect(await listImages(dataset, 'val')).toHaveLength(6)
    await expect(ids({ split: 'test' })).rejects.toThrow(/no images; its splits are .*(train|val)/)
    const unknown = readDetectionSet({ path: dataset, ...both, only: new Set([train[0]!, 'nobody']) })
    await expect(unknown).rejects.toThrow('nobody: this stem of the list has no images with boxes')
  })

  it('knows its classes when the source has lost them; one of version 1 asks the source', async () => {
    const [source, out] = [at('forgetful'), at('remembers')]
    cpSync(made, source, { recursive: true })
    await build([source], out)
    const header = JSON.parse(readFileSync(join(out, 'dataset.json'), 'utf8'))
    expect(header).toMatchObject({
      version: 2,
      roots: [{ classes: { 'label-map': msrsClasses, yolo: msrsClasses } }],
    })
    rmSync(join(source, 'classes.txt'))
    expect(readClassNames(out)).toEqual(msrsClasses)
    expect((await readDetectionSet({ path: out, ...both })).classes).toEqual(msrsClasses)
    const { classes: _, ...old } = header.roots[0]
    writeFileSync(join(out, 'dataset.json'), JSON.stringify({ ...header, version: 1, roots: [old] }))
    expect(() => readClassNames(out)).toThrow(/no source tells the names .* give data\.classes/)
    writeFileSync(join(source, 'classes.txt'), 'a\nb\n')
    expect(readClassNames(out)).toEqual(['a', 'b'])
  })

  it('refuses sources whose classes differ, naming source and class', async () => {
    const [others, out] = [at('others'), at('mixed')]
    await writeBenchmark(others, { sequences: 1, frames: 2, size: 64, seed: 8 })
    writeFileSync(join(others, 'classes.txt'), msrsClasses.join('\n').replace('person', 'pedestrian'))
    await build([made, others], out)
    const told = /class 2 of label-map annotations is 'person' in source made and 'pedestrian' in others/
    expect(() => readClassNames(out)).toThrow(told)
    await expect(listLabelledPairs(out, both)).rejects.toThrow(told)
    await expect(readDetectionSet({ path: out, ...both, classes: msrsClasses })).rejects.toThrow(
      /class 2 of yolo annotations is 'person' in source made and 'pedestrian' in others/,
    )
    rmSync(join(others, 'classes.txt'))
    await build([made, others], out)
    expect(() => readClassNames(out)).toThrow('source others had no classes.txt')
    await expect(readDetectionSet({ path: out, ...both })).rejects.toThrow(
      'source others has YOLO boxes and no classes.txt that names their classes',
    )
    expect((await readDetectionSet({ path: out, ...both, classes: msrsClasses })).scenes).toHaveLength(14)
  })

  it('says what is gone, unfinished, or not its kind', async () => {
    const [source, out] = [at('losing'), at('lost')]
    cpSync(made, source, { recursive: true })
    await build([source], out)
    const [stem] = await stemsOf('train')
    rmSync(join(source, 'labels', `${stem}.png`))
    rmSync(join(source, 'boxes', `${stem}.txt`))
    await expect(listLabelledPairs(out, both)).rejects.toThrow(
      `1 label maps are not where they were: ${join(source, 'labels')}`,
    )
    await expect(readDetectionSet({ path: out, ...both })).rejects.toThrow(
      `${stem}.txt: there is no such file`,
    )
    rmSync(join(out, 'dataset.json'))
    await expect(listLabelledPairs(out, both)).rejects.toThrow('unfinished')
    await writeShards(dataset, { out: at('shards') })
    const shards = /holds shards, .* give the dataset that they were packed from/
    await expect(listLabelledPairs(at('shards'), both)).rejects.toThrow(shards)
    await expect(readDetectionSet({ path: at('shards'), ...both })).rejects.toThrow(shards)
    await expect(listImages(at('shards'))).rejects.toThrow(shards)
    for (const kind of ['vi', 'ir']) cpSync(join(made, kind), at('bare', kind), { recursive: true })
    await build([at('bare')], at('unlabelled'))
    await expect(listLabelledPairs(at('unlabelled'), both)).rejects.toThrow(
      'no pair of the dataset has a label map',
    )
    await expect(readDetectionSet({ path: at('unlabelled'), ...both })).rejects.toThrow('has no boxes')
  })
})

describe('images that a build cut', () => {
  it('have label maps and boxes of the same part: pairs whose offset is taken out', async () => {
    const [apart, out] = [at('apart'), at('shifted')]
    await writeBenchmark(apart, { sequences: 3, frames: 1, size: 128, misaligned: 1, offset: 12 })
    await build([apart], out, { misaligned: 'shift', tolerance: 2 })
    let cut = 0
    const scenes = new Map((await listLabelledPairs(out, both)).map((scene) => [scene.id, scene]))
    const found = await readDetectionSet({ path: out, ...both })
    const whole = await readDetectionSet({
      ...boxes,
      images: { rgb: join(apart, 'vi') },
      annotations: { format: 'yolo', path: join(apart, 'boxes') },
    })
    for await (const { id, vi, alignment } of openDataset(out).records()) {
      if (!alignment?.shifted) continue
      cut++
      const stem = id.split('/')[1]!
      const { left, top, width, height } = vi!.crop!
      const labels = await readLabelImage(scenes.get(`apart_${stem}`)!.labels)
      const stored = await readLabelImage(join(apart, 'labels', `${stem}.png`))
      expect([labels.width, labels.height]).toEqual([width, height])
      for (const [x, y] of [
        [0, 0],
        [width - 1, height - 1],
        [20, 70],
      ] as const)
        expect(labels.ids[y * width + x]).toBe(stored.ids[(top + y) * 128 + left + x])
      const scene = found.scenes.find(({ id }) => id === `apart_${stem}`)!
      expect(scene).toMatchObject({
        width,
        height,
        files: { rgb: { crop: vi!.crop }, ir: { crop: { width, height } } },
      })
      const inside = whole.scenes
        .find(({ id }) => id === stem)!
        .objects.map(({ box: [x, y, w, h] }) => [x - left, y - top, w, h])
        .filter(([x, y, w, h]) => x! >= 0 && y! >= 0 && x! + w! <= width && y! + h! <= height)
      expect(inside.length).toBeGreaterThan(0)
      for (const box of inside) expect(scene.objects.map((object) => object.box)).toContainEqual(box)
    }
    expect(cut).toBeGreaterThan(0)
  })

  it('have oriented boxes without the white border, a modality at a time', async () => {
    const [drone, out] = [at('drone'), at('cut-drone')]
    // 230 × 224 with a border of 100: 30 × 24 are the image.
    const inner = { create: { width: 30, height: 24, channels: 3 as const, background: '#456' } }
    for (const name of ['img', 'imgr', 'label', 'labelr'])
      mkdirSync(join(drone, 'train', `train${name}`), { recursive: true })
    const framed = sharp(inner).extend({ top: 100, bottom: 100, left: 100, right: 100, background: '#fff' })
    for (const name of ['img', 'imgr'])
      await framed
        .clone()
        .png()
        .toFile(join(drone, 'train', `train${name}`, '1.png'))
    const oriented = (name: string, corners: readonly number[]) =>
      `<object><name>${name}</name><polygon>${corners.map((v, i) => `<${'xy'[i % 2]}${1 + (i >> 1)}>${v}</${'xy'[i % 2]}${1 + (i >> 1)}>`).join('')}</polygon></object>`
    const file = (...objects: string[]) =>
      `<annotation><size><width>230</width><height>224</height></size>${objects.join('')}</annotation>`
    const seen = oriented('feright car', [110, 102, 116, 108, 110, 114, 104, 108])
    writeFileSync(
      join(drone, 'train', 'trainlabel', '1.xml'),
      file(seen, oriented('bus', [10, 10, 20, 10, 20, 20, 10, 20])),
    )
    writeFileSync(
      join(drone, 'train', 'trainlabelr', '1.xml'),
      file(oriented('bus', [95, 110, 105, 110, 105, 120, 95, 120])),
    )
    await build([drone], out)
    const read = (...modalities: ('rgb' | 'ir')[]) =>
      readDetectionSet({ path: out, modalities, rename: { 'feright car': 'freight car' } })
    const visible = await read('rgb')
    expect(visible.classes).toEqual(['bus', 'freight car'])
    expect(visible.scenes).toMatchObject([{ width: 30, height: 24 }])
    // The diamond's hull is [104, 102, 12, 12]; less the border, [4, 2]. The bus lies in the border.
    expect(visible.scenes[0]!.objects).toEqual([
      { class: 1, crowd: false, box: [4, 2, 12, 12], area: 72, segmentation: [[10, 2, 16, 8, 10, 14, 4, 8]] },
    ])
    // Half of it lies in the border.
    expect((await read('ir')).scenes[0]!.objects).toMatchObject([{ class: 0, box: [0, 10, 5, 10], area: 50 }])
    await expect(read('rgb', 'ir')).rejects.toThrow('source drone has boxes for either modality apart')
    await expect(readDetectionSet({ path: drone, modalities: ['ir'] })).rejects.toThrow(
      'may have a white border',
    )
  })
})
