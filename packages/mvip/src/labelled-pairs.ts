import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { LabelRef } from './label-image'
import { imagesIn } from './layouts/read-folder'
import type { Modality } from './normalisation'
import type { ImageRef } from './open-image'
import { type AnnotatedSample, type AnnotatedSet, findAnnotatedSet } from './sources/annotated-set'
import { chooseSamples, flatId, type SampleChoice, samplesWith } from './sources/select-samples'
import { agreedClasses } from './sources/set-classes'
import { fileStem } from './stems'

/** One scene with a class id for every pixel, seen in one or both modalities. */
export interface LabelledPair {
  readonly id: string
  /** The image of each wanted modality. */
  readonly images: Readonly<Partial<Record<Modality, string | ImageRef>>>
  readonly labels: string | LabelRef
}

/** Names of folders in a plain set: one split, images and label maps of one stem. */
const imageFolders: Readonly<Record<Modality, readonly string[]>> = {
  rgb: ['vi', 'visible', 'rgb', 'Visible', 'images'],
  ir: ['ir', 'infrared', 'thermal', 'Infrared'],
}
const labelFolders = ['labels', 'Segmentation_labels', 'Label', 'masks', 'SegmentationClassPNG']

/**
 * Scenes with a label map: of a built dataset, public sets as they are published (`layouts`: MSRS, MFNet, FMB, PST900,
 * SODA, CamVid …), or plain folders of one stem, `ROOT/vi`, `ROOT/ir`, `ROOT/labels`. In a plain set with infrared alone
 * wanted and no infrared folder, `ROOT/images` is taken for it.
 * @throws Error naming what was looked for, the first images without label map or partner, or a class that the sources of
 *   a dataset number differently.
 */
export async function listLabelledPairs(root: string, options: SampleChoice): Promise<LabelledPair[]> {
  const { modalities, only, split } = options
  const set = findAnnotatedSet(root)
  const labelled = await labelledSamples(set)
  if (set && labelled.length > 0) return pairsOf(set, labelled, options)
  if (set?.kind === 'dataset') throw new Error(`${root}: no pair of the dataset has a label map`)
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

const labelMapOf = ({ annotations }: AnnotatedSample) => annotations.find(({ kind }) => kind === 'label-map')

/** Samples with a label map; none of plain folders, which may have other names than the layout knows. */
const labelledSamples = async (set: AnnotatedSet | undefined): Promise<AnnotatedSample[]> =>
  set && set.kind !== 'folders' ? samplesWith(set, (sample) => labelMapOf(sample) !== undefined) : []

function pairsOf(
  set: AnnotatedSet,
  samples: readonly AnnotatedSample[],
  options: SampleChoice,
): LabelledPair[] {
  // Ids of one number must mean one class, whoever names the classes.
  agreedClasses(set, 'label-map')
  const kept = chooseSamples(set.path, samples, options)
  const gone = kept.map((sample) => labelMapOf(sample)!.file).filter((file) => !existsSync(file))
  if (gone.length > 0)
    throw new Error(
      `${set.path}: ${gone.length} label maps are not where they were: ${gone.slice(0, 3).join(', ')}`,
    )
  return kept.map((sample) => ({
    id: flatId(sample.id),
    images: Object.fromEntries(options.modalities.map((modality) => [modality, sample.images[modality]!])),
    labels: labelsOf(sample)!,
  }))
}

/** Where a sample's label map is, if it has one; cut as the image is whose pixels it names. */
export function labelsOf(sample: AnnotatedSample): string | LabelRef | undefined {
  const map = labelMapOf(sample)
  if (!map) return undefined
  const { file, of } = map
  const base = of ?? (sample.images.rgb ? 'rgb' : 'ir')
  const [crop, whole] = [sample.images[base]?.crop, sample.sizes[base]]
  return crop && whole ? { file, crop, whole } : file
}

/** The modalities that a folder or built dataset has labelled images of. */
export async function presentModalities(root: string): Promise<Modality[]> {
  const labelled = await labelledSamples(findAnnotatedSet(root))
  const modalities = ['rgb', 'ir'] as const
  if (labelled.length > 0)
    return modalities.filter((modality) => labelled.some(({ images }) => images[modality]))
  return modalities.filter((modality) => imageFolders[modality].some((name) => existsSync(join(root, name))))
}

function byStem(folder: string): Map<string, string> {
  return new Map(imagesIn(folder).map((file) => [fileStem(file), file]))
}
