import { basename, extname, join } from 'node:path'
import { textOf } from '../read-text'
import { fileStem } from '../stems'
import { below, type Folder, imageFiles } from './folder'
import type { AnnotationKind, ListedAnnotation, ListedSample, Split } from './layout'

/** The stem of a file's name; `undefined` = not one of ours. */
export type StemOf = (name: string) => string | undefined

export const plainStem: StemOf = fileStem

/** A stem without what tells the modalities apart: `FLIR_0001_RGB` and `FLIR_0001_PreviewData`. */
export const stemBefore =
  (suffix: string): StemOf =>
  (name) => {
    const stem = plainStem(name)!
    return stem.endsWith(suffix) ? stem.slice(0, -suffix.length) : undefined
  }

/** Copies that tools leave beside the originals: `x(1).png`, `x~temp.png`, `x_flip.png`. */
export const isCopy = (stem: string): boolean => /\(\d+\)$|~temp$|_?flip$/i.test(stem)

/** Files of one folder by stem; two files of one stem are reported and the first is kept. */
export function filesByStem(
  folder: Folder,
  path: string,
  { stemOf = plainStem, extensions = imageFiles }: { stemOf?: StemOf; extensions?: ReadonlySet<string> } = {},
): Map<string, string> {
  const found = new Map<string, string>()
  for (const name of folder.files(path, extensions)) {
    const stem = stemOf(name)
    if (stem === undefined) continue
    const earlier = found.get(stem)
    if (earlier) folder.report(below(path, name), `shares its stem with ${earlier}, which is used`)
    else found.set(stem, below(path, name))
  }
  return found
}

/** Pairs of two folders by stem, in the visible images' order; images without partner are reported. */
export function* pairFolders(
  folder: Folder,
  vi: string,
  ir: string,
  { viStem = plainStem, irStem = plainStem }: { viStem?: StemOf; irStem?: StemOf } = {},
): Generator<{ stem: string; vi: { path: string }; ir: { path: string } }> {
  const visible = filesByStem(folder, vi, { stemOf: viStem })
  const infrared = filesByStem(folder, ir, { stemOf: irStem })
  for (const [stem, path] of visible) {
    const partner = infrared.get(stem)
    if (partner) yield { stem, vi: { path }, ir: { path: partner } }
    else folder.report(path, `no infrared image '${stem}' in ${ir}`)
  }
  for (const [stem, path] of infrared)
    if (!visible.has(stem)) folder.report(path, `no visible image '${stem}' in ${vi}`)
}

/** Annotation files of one folder, one an image; those without an image are told by `orphans`. */
export function annotationsIn(
  folder: Folder,
  path: string | undefined,
  kind: AnnotationKind,
  { stemOf = plainStem, of }: { stemOf?: StemOf; of?: 'vi' | 'ir' } = {},
): { readonly get: (stem: string) => ListedAnnotation[]; readonly orphans: (known: Has) => void } {
  const extensions = kind.endsWith('map')
    ? new Set(['.png'])
    : kind.startsWith('voc')
      ? new Set(['.xml'])
      : new Set(['.txt'])
  const files = path === undefined ? new Map() : filesByStem(folder, path, { stemOf, extensions })
  return {
    get: (stem) => {
      const file = files.get(stem)
      return file ? [{ kind, path: file, ...(of && { of }) }] : []
    },
    orphans: (known) => {
      for (const [stem, file] of files)
        if (!known.has(stem)) folder.report(file, `annotates no image '${stem}'`)
    },
  }
}

type Has = { readonly has: (stem: string) => boolean }

/** Split of every stem that a list file names. @param files List file by split; those that do not exist are left out. */
export function splitLists(
  folder: Folder,
  files: Readonly<Partial<Record<Split, string>>>,
  stemOf: StemOf = plainStem,
): Map<string, Split> {
  const splits = new Map<string, Split>()
  for (const [split, file] of Object.entries(files) as [Split, string][]) {
    if (!folder.has(file)) continue
    for (const line of textOf(join(folder.root, file)).split(/\r?\n/)) {
      const word = line.trim().split(/\s+/)[0]!
      if (word === '') continue
      // Some lists give file names, some stems; a stem may itself hold dots only where no extension follows.
      const known = imageFiles.has(extname(word).toLowerCase())
      const stem = stemOf(known ? basename(word) : `${basename(word)}.png`)
      if (!stem) continue
      const other = splits.get(stem)
      if (other && other !== split) folder.report(file, `'${stem}' is in ${other} already`)
      else splits.set(stem, split)
    }
  }
  return splits
}

/** Names of the sets that the datasets use, and the split that each is. */
export const splitNames: readonly (readonly [string, Split])[] = [
  ['train', 'train'],
  ['training', 'train'],
  ['val', 'val'],
  ['validation', 'val'],
  ['test', 'test'],
]

/** The hour that a last letter tells (MFNet, MSRS): `00001D`, `00001N`. */
export const timeBySuffix = (stem: string): Pick<ListedSample, 'time'> =>
  /\dD$/.test(stem) ? { time: 'day' } : /\dN$/.test(stem) ? { time: 'night' } : {}

/** Drops an empty list, so that a record does not carry it. */
export const annotated = (annotations: readonly ListedAnnotation[]): Pick<ListedSample, 'annotations'> =>
  annotations.length > 0 ? { annotations } : {}

export const withSplit = (split: Split | undefined): Pick<ListedSample, 'split'> => (split ? { split } : {})
