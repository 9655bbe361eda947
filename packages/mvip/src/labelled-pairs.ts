import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { ListedImage, Split } from './layouts/layout'
import { type ListedFolder, listSamples } from './layouts/layouts'
import type { Modality } from './normalisation'
import type { ImageRef } from './open-image'
import { fileStem } from './stems'

/** One scene with a class id for every pixel, seen in one or both modalities. */
export interface LabelledPair {
  readonly id: string
  /** The image of each wanted modality. */
  readonly images: Readonly<Partial<Record<Modality, string | ImageRef>>>
  readonly labels: string
}

/** Names of folders in a plain set: one split, images and label maps of one stem. */
const imageFolders: Readonly<Record<Modality, readonly string[]>> = {
  rgb: ['vi', 'visible', 'rgb', 'Visible', 'images'],
  ir: ['ir', 'infrared', 'thermal', 'Infrared'],
}
const labelFolders = ['labels', 'Segmentation_labels', 'Label', 'masks', 'SegmentationClassPNG']

export interface ListLabelledOptions {
  readonly modalities: readonly Modality[]
  /** Keep only stems listed here (a split file). */
  readonly only?: ReadonlySet<string>
  /** Keep one split of a public set that names its splits. */
  readonly split?: Split
}

/**
 * Scenes with a label map: public sets as they are published (`layouts`: MSRS, MFNet, FMB, PST900, SODA, CamVid …), or
 * plain folders of one stem, `ROOT/vi`, `ROOT/ir`, `ROOT/labels`. In a plain set with infrared alone wanted and no
 * infrared folder, `ROOT/images` is taken for it.
 * @throws Error naming what was looked for, or the first images without label map or partner.
 */
export function listLabelledPairs(root: string, options: ListLabelledOptions): LabelledPair[] {
  const { modalities, only, split } = options
  if (!existsSync(root)) throw new Error(`${root} does not exist`)
  const published = publishedScenes(root)
  if (published.length > 0) return publishedPairs(root, published, options)
  if (split !== undefined)
    throw new Error(`${root}: a plain folder has no split '${split}'; name the split's folder`)
  const present = (names: readonly string[]) => names.map((name) => join(root, name)).find(existsSync)
  const labels = present(labelFolders)
  if (!labels) throw new Error(`${root} has no label maps: looked for ${labelFolders.join('/, ')}/`)
  const folders = modalities.map((modality) => {
    const names = imageFolders[modality]
    const folder = present(modality === 'ir' && modalities.length === 1 ? [...names, 'images'] : names)
    if (folder) return [modality, byStem(folder)] as const
    throw new Error(`${root} has no ${modality} images: looked for ${names.join('/, ')}/`)
  })
  const labelOf = byStem(labels)
  const stems = [...folders[0]![1].keys()].filter((stem) => !only || only.has(stem)).sort()
  if (stems.length === 0) throw new Error(`${root}: no images${only ? ' of those listed' : ''}`)
  const lacking = stems.filter((stem) => !labelOf.has(stem) || folders.some(([, files]) => !files.has(stem)))
  if (lacking.length > 0)
    throw new Error(
      `${root}: ${lacking.length} images lack their label map in ${basename(labels)}/ or their partner: ${lacking.slice(0, 3).join(', ')}`,
    )
  return stems.map((id) => ({
    id,
    images: Object.fromEntries(folders.map(([modality, files]) => [modality, files.get(id)!])),
    labels: labelOf.get(id)!,
  }))
}

interface PublishedScene {
  readonly stem: string
  readonly split?: Split
  readonly labels: string
  readonly images: LabelledPair['images']
}

/** Samples with a label map, where the folder is a published set. */
function publishedScenes(root: string): PublishedScene[] {
  let listed: ListedFolder
  try {
    listed = listSamples(root)
  } catch {
    return [] // no known layout: a plain folder, or none, which is told then
  }
  if (listed.layout === 'folders') return []
  const refOf = (image: ListedImage | undefined): ImageRef | undefined =>
    image && { file: join(root, image.path), ...(image.channels ? { channels: image.channels } : {}) }
  return [...listed.samples()].flatMap(({ stem, split, vi, ir, annotations = [] }) => {
    const map = annotations.find(({ kind }) => kind === 'label-map')
    if (!map) return []
    return [{ stem, split, labels: join(root, map.path), images: { rgb: refOf(vi), ir: refOf(ir) } }]
  })
}

function publishedPairs(
  root: string,
  scenes: readonly PublishedScene[],
  { modalities, only, split }: ListLabelledOptions,
): LabelledPair[] {
  const lacking = modalities.find((modality) => scenes.every(({ images }) => !images[modality]))
  if (lacking) throw new Error(`${root} has no ${lacking} images`)
  const kept = scenes.filter(
    (scene) =>
      (split === undefined || scene.split === split) &&
      (!only || only.has(scene.stem) || only.has(basename(scene.stem))) &&
      modalities.every((modality) => scene.images[modality]),
  )
  if (kept.length === 0) {
    const splits = [...new Set(scenes.map((scene) => scene.split ?? 'none'))].join(', ')
    throw new Error(`${root}: no images${only ? ' of those listed' : ''}; its splits are ${splits}`)
  }
  return kept.map(({ stem, labels, images }) => ({
    id: stem.replaceAll('/', '_'),
    images: Object.fromEntries(modalities.map((modality) => [modality, images[modality]!])),
    labels,
  }))
}

/** The modalities that a folder has images of. */
export function presentModalities(root: string): Modality[] {
  const published = publishedScenes(root)
  if (published.length > 0)
    return (['rgb', 'ir'] as const).filter((modality) => published.some(({ images }) => images[modality]))
  return (['rgb', 'ir'] as const).filter((modality) =>
    imageFolders[modality].some((name) => existsSync(join(root, name))),
  )
}

function byStem(folder: string): Map<string, string> {
  const names = readdirSync(folder).filter((name) => /\.(png|jpe?g|webp|tiff?|bmp)$/i.test(name))
  return new Map(names.map((name) => [fileStem(name), join(folder, name)]))
}
