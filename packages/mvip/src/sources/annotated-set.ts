import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { findClassNames } from '../class-names'
import type { ListedImage, ListedSample, NumberedKind, Split } from '../layouts/layout'
import { type ListedFolder, layouts, listSamples, placesOf } from '../layouts/layouts'
import { readFolder } from '../layouts/read-folder'
import { type Dataset, holdsDataset, openDataset } from '../manifest/open-dataset'
import type { ManifestRecord } from '../manifest/record'
import type { Modality } from '../normalisation'
import type { ImageRef } from '../open-image'
import { shardFiles } from '../shards/shard-index'

/** Height and width in pixels. */
export interface Size {
  readonly width: number
  readonly height: number
}

/** An annotation file of a sample. */
export interface SampleAnnotation {
  readonly kind: string
  readonly file: string
  /** Whose pixels it speaks about; null: both images', which is the visible one's where they differ. */
  readonly of: Modality | null
}

/** One scene of a set, with the files that speak about it. */
export interface AnnotatedSample {
  /** Unique in the set, `/` between its parts. */
  readonly id: string
  /** Number of its source. */
  readonly source: number
  readonly split?: Split
  readonly images: Readonly<Partial<Record<Modality, ImageRef>>>
  /** Sizes of the uncut images, where a build recorded them. */
  readonly sizes: Readonly<Partial<Record<Modality, Size>>>
  /** Width of a white border that the images may have and nobody has looked for. */
  readonly border?: number
  readonly annotations: readonly SampleAnnotation[]
}

/** What the samples of one root have in common. */
export interface AnnotatedSource {
  readonly name: string
  /** Names of the classes that its annotations of a kind number; null: such are there, without names. */
  readonly classes: (kind: NumberedKind) => readonly string[] | null | undefined
  /** Whether an image without boxes may hold objects all the same. */
  readonly someBoxes: boolean
}

/** Samples with their annotations, wherever they are listed: a folder in a known layout or a built dataset. */
export interface AnnotatedSet {
  readonly path: string
  readonly kind: 'layout' | 'folders' | 'dataset'
  readonly sources: readonly AnnotatedSource[]
  samples(): AsyncIterable<AnnotatedSample> | Iterable<AnnotatedSample>
}

/** Modalities by the names that listings have for them. */
const modalities = { vi: 'rgb', ir: 'ir' } as const satisfies Record<string, Modality>

/**
 * The set that lies in a folder; undefined where the folder is in no known layout.
 * @throws Error as of `findBuiltSet`.
 */
export function findAnnotatedSet(path: string): AnnotatedSet | undefined {
  const built = findBuiltSet(path)
  if (built) return built
  let listed: ListedFolder
  try {
    listed = listSamples(path)
  } catch {
    return undefined
  }
  return layoutSet(path, listed)
}

/**
 * The built dataset that lies in a folder; undefined where another kind of folder is there.
 * @throws Error where there is no folder, a build of it is unfinished, or it holds shards, whose index knows no labels.
 */
export function findBuiltSet(path: string): AnnotatedSet | undefined {
  if (!existsSync(path)) throw new Error(`${path} does not exist`)
  if (holdsDataset(path)) return builtSet(path)
  if (!holdsShards(path)) return undefined
  throw new Error(
    `${path} holds shards, which are for training without labels: give the dataset that they were packed from, or its source`,
  )
}

/** Shards, indexed or not; images may lie beside the tar that they came in. */
function holdsShards(path: string): boolean {
  if (!statSync(path).isDirectory()) return false
  if (existsSync(join(path, shardFiles.members))) return true
  const names = readFolder(path).filter((name) => !name.startsWith('.'))
  return names.some((name) => name.endsWith('.tar')) && names.every((name) => /\.(tar|jsonl?)$/.test(name))
}

function layoutSet(path: string, listed: ListedFolder): AnnotatedSet {
  const someBoxes = layouts.find(({ name }) => name === listed.layout)?.someBoxes ?? false
  const refOf = (image: ListedImage | undefined): ImageRef | undefined =>
    image && { file: join(path, image.path), ...(image.channels ? { channels: image.channels } : {}) }
  const sampleOf = ({ stem, split, vi, ir, annotations = [] }: ListedSample): AnnotatedSample => ({
    id: stem,
    source: 0,
    split,
    images: present({ rgb: refOf(vi), ir: refOf(ir) }),
    sizes: {},
    border: vi?.border ?? ir?.border,
    annotations: annotations.map(({ kind, path: file, of }) => ({
      kind,
      file: join(path, file),
      of: of ? modalities[of] : null,
    })),
  })
  // Kept: to find the first annotation lists the folder anew.
  const told = new Map<NumberedKind, readonly string[] | null | undefined>()
  const findClasses = (kind: NumberedKind) => {
    for (const { annotations = [] } of listed.samples()) {
      const first = annotations.find((annotation) => annotation.kind === kind)
      if (first) return listed.classes(kind, first.path) ?? null
    }
    return undefined
  }
  const classesOf = (kind: NumberedKind) => {
    if (!told.has(kind)) told.set(kind, findClasses(kind))
    return told.get(kind)
  }
  return {
    path,
    kind: listed.layout === 'folders' ? 'folders' : 'layout',
    sources: [{ name: listed.source, classes: classesOf, someBoxes }],
    *samples() {
      for (const sample of listed.samples()) yield sampleOf(sample)
    },
  }
}

/** Names by number that one of a dataset's roots has for a kind of annotation; version 1 recorded none: those that its folder has now. */
export function recordedClasses(
  { header, roots }: Pick<Dataset, 'header' | 'roots'>,
  root: number,
  kind: NumberedKind,
) {
  const { classes } = header.roots[root]!
  return classes ? classes[kind] : findClassNames(placesOf(roots[root]!))
}

/** A line of a dataset's manifest as a sample of a set. */
export function recordedSample(dataset: Dataset, record: ManifestRecord): AnnotatedSample {
  const imageOf = (modality: 'vi' | 'ir'): ImageRef | undefined => {
    const ref = dataset.imageOf(record, modality)
    return ref && present(ref)
  }
  const { id, root: source, split, vi, ir } = record
  return {
    id,
    source,
    split,
    images: present({ rgb: imageOf('vi'), ir: imageOf('ir') }),
    sizes: present({ rgb: sizeOf(vi), ir: sizeOf(ir) }),
    annotations: record.annotations.map(({ kind, path: file, of }) => ({
      kind,
      file: dataset.pathOf(record, file),
      of: of && modalities[of],
    })),
  }
}

function builtSet(path: string): AnnotatedSet {
  const dataset = openDataset(path)
  return {
    path,
    kind: 'dataset',
    sources: dataset.header.roots.map(({ source: name, layout }, root) => ({
      name,
      someBoxes: layouts.find((known) => known.name === layout)?.someBoxes ?? false,
      classes: (kind) => recordedClasses(dataset, root, kind),
    })),
    async *samples() {
      for await (const record of dataset.records()) yield recordedSample(dataset, record)
    },
  }
}

const sizeOf = (image: Size | null): Size | undefined =>
  image ? { width: image.width, height: image.height } : undefined

/** Without the entries that are undefined. */
const present = <T extends object>(entries: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as never
