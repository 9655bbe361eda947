import { inOrder } from '../build/in-order'
import type { Modality } from '../normalisation'
import {
  type AnnotatedSample,
  type AnnotatedSet,
  findAnnotatedSet,
  type SampleAnnotation,
} from '../sources/annotated-set'
import { chooseSamples, flatId, type SampleChoice, sampleNames, samplesWith } from '../sources/select-samples'
import { agreedClasses, namelessSource } from '../sources/set-classes'
import { fileStem } from '../stems'
import { workerCount } from '../worker-count'
import type { AnnotationProblem } from './annotation'
import type { BoxFormat, DetectionGroup, DetectionItem, DetectionListing } from './detection-items'
import { measuredSize, otherSize } from './measured-size'

/** Kinds of boxes that can be read, those with names of classes before those with numbers: the first that a sample has counts. */
export const boxKinds: readonly (readonly [kind: string, format: BoxFormat])[] = [
  ['voc', 'voc'],
  ['voc-oriented', 'voc'],
  ['kaist', 'kaist'],
  ['coco', 'coco'],
  ['yolo', 'yolo'],
]
const maps: ReadonlySet<string> = new Set(['label-map', 'instance-map'])

const kindOf = ({ annotations }: AnnotatedSample) =>
  boxKinds.find(([kind]) => annotations.some((annotation) => annotation.kind === kind))
const hasBoxes = ({ annotations }: AnnotatedSample) => annotations.some(({ kind }) => !maps.has(kind))

/** A built dataset or a folder in a known layout, and which of its scenes are wanted. */
export interface DetectionPath extends SampleChoice {
  readonly path: string
}

/**
 * Scenes of a set with the files of their boxes, in the set's order. Sources without boxes are left out; in one with YOLO's
 * text an image without file shows nothing, unless its layout has boxes of some images only.
 * @throws Error where there is no such set, no scene is left, or a source's boxes are of a kind that is not read.
 */
export async function listSetItems(choice: DetectionPath): Promise<DetectionListing> {
  const { path, modalities, only } = choice
  const set = findAnnotatedSet(path)
  if (!set)
    throw new Error(`${path} is neither a built dataset nor a folder in a known layout (univ-mvip layouts)`)
  const all = await samplesWith(set, () => true)
  const withYolo = new Set(all.filter((sample) => kindOf(sample)?.[0] === 'yolo').map(({ source }) => source))
  const isEmpty = ({ source }: AnnotatedSample) => withYolo.has(source) && !set.sources[source]!.someBoxes
  const annotated = all.filter((sample) => hasBoxes(sample) || isEmpty(sample))
  if (annotated.length === 0) throw new Error(`${path} has no boxes`)
  const chosen = chooseSamples(path, annotated, choice)
  const problems: AnnotationProblem[] = []
  const groups = new Map<string, DetectionGroup & { readonly items: DetectionItem[] }>()
  const items: DetectionItem[] = []
  const found = inOrder(chosen, 2 * workerCount(), async (sample) => {
    const [kind, format] = readableKind(set, sample)
    const boxes = boxFile(set, sample, kind, modalities)
    return { sample, format, boxes, item: await itemOf(set, sample, boxes, modalities) }
  })
  for await (const { sample, format, boxes, item } of found) {
    if ('problem' in item) {
      problems.push(item)
      continue
    }
    const json = format === 'coco' ? boxes!.file : undefined
    const key = `${sample.source} ${format} ${json}`
    const group = groups.get(key) ?? { source: set.sources[sample.source]!.name, format, json, items: [] }
    groups.set(key, group)
    const own = json === undefined ? { ...item, file: boxes?.file } : item
    group.items.push(own)
    items.push(own)
  }
  const known = new Set(only && chosen.flatMap(sampleNames))
  for (const stem of only ?? [])
    if (!known.has(stem))
      problems.push({ file: stem, line: 0, problem: 'this stem of the list has no images with boxes' })
  // Numbers of one set must mean one class, whoever names the classes.
  const numbered = { path, sources: set.sources.filter((_, source) => withYolo.has(source)) }
  const agreed = agreedClasses(numbered, 'yolo')
  return {
    items,
    groups: [...groups.values()],
    problems,
    yoloClasses() {
      const nameless = namelessSource(numbered, 'yolo')
      if (agreed && nameless === undefined) return agreed
      throw new Error(
        `${path}: source ${nameless ?? numbered.sources[0]!.name} has YOLO boxes and no classes.txt that names their classes: give data.classes`,
      )
    },
  }
}

/** How a sample's boxes are read; without any it shows nothing, as an empty file of YOLO's. */
function readableKind({ path, sources }: AnnotatedSet, sample: AnnotatedSample) {
  const kind = kindOf(sample)
  if (kind) return kind
  const other = sample.annotations.find((annotation) => !maps.has(annotation.kind))
  if (!other) return boxKinds.at(-1)!
  throw new Error(
    `${path}: the boxes of source ${sources[sample.source]!.name} are of kind ${other.kind}, which is not read; ${boxKinds.map(([name]) => name).join(', ')} are`,
  )
}

/** The file with the boxes of all wanted images. */
function boxFile(
  { path, sources }: AnnotatedSet,
  { source, annotations }: AnnotatedSample,
  kind: string,
  modalities: readonly Modality[],
): SampleAnnotation | undefined {
  const found = annotations.filter((annotation) => annotation.kind === kind)
  const files = modalities.map(
    (modality) => found.find(({ of }) => of === modality) ?? found.find(({ of }) => of === null) ?? found[0],
  )
  if (files.every((file) => file === files[0])) return files[0]
  throw new Error(
    `${path}: source ${sources[source]!.name} has boxes for either modality apart: choose one, rgb or ir`,
  )
}

async function itemOf(
  { path, sources }: AnnotatedSet,
  { id, source, images, sizes, border }: AnnotatedSample,
  boxes: SampleAnnotation | undefined,
  modalities: readonly Modality[],
): Promise<DetectionItem | AnnotationProblem> {
  if (border)
    throw new Error(
      `${path}: images of source ${sources[source]!.name} may have a white border; build a dataset of it (univ-mvip build), which finds and cuts it`,
    )
  const base = boxes?.of ?? (images.rgb ? 'rgb' : 'ir')
  if (!images[base])
    return { file: boxes!.file, line: 0, problem: `speaks of the ${base} image of ${id}, which has none` }
  // Boxes of one image hold for the other where both are of one size.
  const seen = [...new Set([base, ...modalities])]
  const refs = seen.map((modality) => images[modality]!)
  const whole = sizes[base] ?? (await measuredSize(refs.map(({ file }) => file)))
  if ('problem' in whole) return whole
  const shown = refs.map(({ crop }, i) => crop ?? sizes[seen[i]!] ?? whole)
  const odd = shown.findIndex(({ width, height }) => width !== shown[0]!.width || height !== shown[0]!.height)
  if (odd >= 0) return { file: refs[odd]!.file, line: 0, problem: otherSize(shown[odd]!, shown[0]!) }
  return {
    id: flatId(id),
    // COCO knows images by the names of their files, which are one set's own; the others have a file for each.
    stem: boxes?.kind === 'coco' ? fileStem(images[base]!.file) : id,
    files: Object.fromEntries(modalities.map((modality) => [modality, images[modality]!])),
    width: whole.width,
    height: whole.height,
    crop: images[base]!.crop,
  }
}
