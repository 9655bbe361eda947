import type { Modality } from '../normalisation'
import type { ImageRef, Region } from '../open-image'
import type { AnnotationProblem, Annotations, NotedImage, ObjectAnnotation } from './annotation'
import { cutObject } from './cut-object'
import { readCocoJson } from './read-coco-json'
import { readKaist } from './read-kaist'
import { readVoc } from './read-voc'
import { readYolo } from './read-yolo'

/** Formats of boxes that are read. */
export const boxFormats = ['yolo', 'voc', 'kaist', 'coco'] as const
export type BoxFormat = (typeof boxFormats)[number]

/** A scene whose boxes are still to be read. `stem` is what its annotations call it. */
export interface DetectionItem extends NotedImage {
  readonly id: string
  readonly files: Readonly<Partial<Record<Modality, ImageRef>>>
  /** The part of the image that belongs to the scene; default: all of it. */
  readonly crop?: Region
}

/** Images whose boxes are read together. */
export interface GroupFiles {
  readonly format: BoxFormat
  /** COCO's JSON; other formats have a file for each item. */
  readonly json?: string
  readonly items: readonly NotedImage[]
}

/** Scenes whose boxes are read together: of one source and one format. */
export interface DetectionGroup extends GroupFiles {
  readonly source: string
  readonly items: readonly DetectionItem[]
}

/** What is to be read, and what was found wrong so far. */
export interface DetectionListing {
  /** In the order of the scenes. */
  readonly items: readonly DetectionItem[]
  readonly groups: readonly DetectionGroup[]
  readonly problems: readonly AnnotationProblem[]
  /** Names of YOLO's classes; asked only where nobody gives the names. @throws Error where there are none */
  readonly yoloClasses: () => readonly string[]
}

export interface ReadItems {
  readonly classes: readonly string[]
  readonly objects: ReadonlyMap<DetectionItem, readonly ObjectAnnotation[]>
  readonly problems: readonly AnnotationProblem[]
}

/**
 * Reads the boxes of all groups into one list of classes, in pixels of the items' crops.
 * @param known Class names. Default: YOLO's where there are such files, else the longest list of names of a group.
 * @param rename VOC's, `readVoc`
 * @throws Error naming source and class where a group has a name that the list has not.
 */
export function readItems(
  { groups, yoloClasses }: Pick<DetectionListing, 'groups' | 'yoloClasses'>,
  known: readonly string[] | undefined,
  rename?: Readonly<Record<string, string>>,
): ReadItems {
  const numbered = known ?? (groups.some(({ format }) => format === 'yolo') ? yoloClasses() : undefined)
  const read = groups.map((group) => ({
    group,
    found: readGroup(group, group.format === 'yolo' ? numbered! : known, rename),
  }))
  const classes = numbered ?? longest(read)
  for (const { group, found } of read) {
    const stranger = found.classes.find((name) => !classes.includes(name))
    if (stranger === undefined) continue
    throw new Error(
      `source ${group.source} has boxes of class '${stranger}', the others know ${classes.join(', ')}: give data.classes, or leave the source out`,
    )
  }
  const objects = new Map<DetectionItem, readonly ObjectAnnotation[]>()
  const problems: AnnotationProblem[] = []
  for (const { group, found } of read) {
    problems.push(...found.problems)
    const place = found.classes.map((name) => classes.indexOf(name))
    for (const item of group.items) {
      const cut: ObjectAnnotation[] = []
      for (const object of found.objects.get(item.stem) ?? []) {
        const part = item.crop ? cutObject(object, item.crop) : object
        if (typeof part === 'string')
          problems.push({ file: item.file ?? group.json ?? item.id, line: 0, problem: `${item.id}: ${part}` })
        else if (part) cut.push({ ...part, class: place[part.class]! })
      }
      objects.set(item, cut)
    }
  }
  return { classes, objects, problems }
}

/**
 * Reads the boxes of one group, in pixels of the uncut images.
 * @param known Class names; without them those that the files have, which YOLO's have not: any number is taken there.
 * @throws Error where COCO's JSON cannot be read.
 */
export function readGroup(
  { format, json, items }: GroupFiles,
  known: readonly string[] | undefined,
  rename?: Readonly<Record<string, string>>,
): Annotations {
  if (format === 'coco') return readCocoJson(json!, items, known)
  if (format === 'voc') return readVoc(items, known, { rename })
  if (format === 'kaist') return readKaist(items, known)
  return readYolo(items, known)
}

const longest = (read: readonly { readonly found: Annotations }[]): readonly string[] =>
  read
    .map(({ found }) => found.classes)
    .reduce((most, names) => (names.length > most.length ? names : most), [])
