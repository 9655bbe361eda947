import { existsSync, readdirSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import type { Modality } from './normalisation'

/** One scene with a class id for every pixel, seen in one or both modalities. */
export interface LabelledPair {
  readonly id: string
  /** Path of the image of each wanted modality. */
  readonly images: Readonly<Partial<Record<Modality, string>>>
  readonly labels: string
}

/** Where each dataset keeps what: MSRS, MFNet (split), CamVid, FMB, PST900, SODA. */
const imageFolders: Readonly<Record<Modality, readonly string[]>> = {
  rgb: ['vi', 'visible', 'rgb', 'Visible', 'images'],
  ir: ['ir', 'infrared', 'thermal', 'Infrared'],
}
const labelFolders = ['labels', 'Segmentation_labels', 'Label', 'masks', 'SegmentationClassPNG']

export interface ListLabelledOptions {
  readonly modalities: readonly Modality[]
  /** Keep only stems listed here (a split file). */
  readonly only?: ReadonlySet<string>
}

/**
 * Scenes whose images and label map have one stem: `ROOT/vi`, `ROOT/ir`, `ROOT/labels`. With infrared alone wanted and
 * no infrared folder, `ROOT/images` is taken for it (SODA).
 * @throws Error naming what was looked for, or the first images without label map or partner.
 */
export function listLabelledPairs(root: string, { modalities, only }: ListLabelledOptions): LabelledPair[] {
  if (!existsSync(root)) throw new Error(`${root} does not exist`)
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

/** The modalities that a folder has images of. */
export function presentModalities(root: string): Modality[] {
  return (['rgb', 'ir'] as const).filter((modality) =>
    imageFolders[modality].some((name) => existsSync(join(root, name))),
  )
}

function byStem(folder: string): Map<string, string> {
  const names = readdirSync(folder).filter((name) => /\.(png|jpe?g|webp|tiff?|bmp)$/i.test(name))
  return new Map(names.map((name) => [basename(name, extname(name)), join(folder, name)]))
}
