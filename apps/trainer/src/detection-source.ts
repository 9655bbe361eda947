import { type DetectionFolders, type DetectionPath, type Modality, readStems } from '@univ/mvip'
import type { DetectConfig } from './config/detect-schema'
import { chosenModalities } from './config/shared-schema'
import { ownSplit } from './own-split'

/** Where images and boxes are, as the configuration says it. */
type Source = Pick<DetectConfig['data'], 'path' | 'split' | 'rgb' | 'ir' | 'annotations' | 'list'>

/** Entries that tell folders, where `path` tells all. */
const folderKeys = ['rgb', 'ir', 'annotations'] as const

/** What is held out: entries left out are as for training, of `path` its own split. Undefined: nothing. */
export function heldOut({ val, ...data }: DetectConfig['data']): Source | undefined {
  if (val === null) return undefined
  const { path, rgb, ir, annotations } = data
  // Folders beside a `path` of training, or the reverse, are a place of their own.
  if (folderKeys.some((key) => val[key] !== undefined)) return { rgb, ir, annotations, ...val }
  return val.path === undefined ? { path, rgb, ir, annotations, ...val } : val
}

/**
 * What `readDetectionSet` reads of a source.
 * @throws Error naming the entry that is missing, or is one too many.
 */
export function detectionSource(
  source: Source,
  modality: DetectConfig['data']['modality'],
  purpose: 'train' | 'val',
): (DetectionFolders | DetectionPath) & { readonly only?: ReadonlySet<string> } {
  const modalities = chosenModalities(modality)
  const only = source.list === undefined ? undefined : readStems(source.list)
  const { path, annotations } = source
  if (path !== undefined) {
    const more = folderKeys.find((key) => source[key] !== undefined)
    if (more) throw new Error(`data.${more} is given beside data.path, which tells images and boxes`)
    return { path, split: ownSplit(path, source.split, purpose), modalities, only }
  }
  if (source.split !== undefined)
    throw new Error(`data.split ${source.split} is of data.path, which is missing`)
  if (!annotations)
    throw new Error(
      'data.annotations is missing: where the boxes are (or data.path: a built dataset, or a folder in a known layout)',
    )
  const folders = modalities.map((modality): [Modality, string] => {
    const folder = source[modality]
    if (folder !== undefined) return [modality, folder]
    throw new Error(`data.${modality} is missing: the folder of ${modality} images (or choose data.modality)`)
  })
  return { images: Object.fromEntries(folders), annotations, only }
}
