import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { hasPngSignature } from 'fast-png'
import type { ImageSize } from '../annotations/annotation'
import { type BoxFormat, readGroup } from '../annotations/detection-items'
import { boxKinds } from '../annotations/list-set-items'
import { measuredSize } from '../annotations/measured-size'
import { applyLookup, labelLookup } from '../label-classes'
import { readLabelImage } from '../label-image'
import { openLabelPng } from '../label-png'
import type { NumberedKind } from '../layouts/layout'
import type { Dataset } from '../manifest/open-dataset'
import type { ManifestRecord } from '../manifest/record'
import { unreadable } from '../read-text'
import { recordedClasses, type Size } from '../sources/annotated-set'
import { fileStem } from '../stems'
import { type Finding, presence } from './finding'

type Note = ManifestRecord['annotations'][number]
/** A finding without what it is about. */
type Said = Pick<Finding, 'fault' | 'detail' | 'line'>

/** A file that speaks about images of many pairs: read once, when all of them are known. */
interface SharedFile {
  readonly about: Omit<Finding, keyof Said>
  readonly images: ImageSize[]
}

/** Looks at the annotation files of a dataset. */
export interface AnnotationCheck {
  /** What is wrong with the files of one pair. Never rejects. */
  of(record: ManifestRecord): Promise<Finding[]>
  /** What is wrong with files of many pairs; asked when all pairs went by. Never rejects. */
  ofMany(): Promise<Finding[]>
}

/**
 * @param quick Only whether the files are there.
 * @param ignore Ids in label maps that stand for no class, 255 apart.
 */
export function annotationCheck(
  dataset: Dataset,
  { quick, ignore = [] }: { readonly quick: boolean; readonly ignore?: readonly number[] },
): AnnotationCheck {
  const shared = new Map<string, SharedFile>()
  const namesOf = (root: number, kind: NumberedKind) => recordedClasses(dataset, root, kind) ?? undefined

  /** What a file of one pair says that cannot be so. */
  async function contentOf({ root }: ManifestRecord, { kind }: Note, file: string, image: ImageSize) {
    if (kind === 'label-map') return labelMapProblems(file, image, namesOf(root, kind), ignore)
    if (kind === 'instance-map') return instanceMapProblems(file, image)
    const format = formatOf(kind)
    if (!format) return []
    const names = format === 'yolo' ? namesOf(root, format) : undefined
    return boxProblems(format, [{ ...image, file }], names)
  }

  function aboutOf(record: ManifestRecord, { kind, path, of }: Note) {
    const about = { id: record.id, modality: of, annotation: kind, file: dataset.pathOf(record, path) }
    return { about, image: record[of ?? (record.vi ? 'vi' : 'ir')] }
  }

  /** Keeps what a file of many pairs is compared with. */
  function note(record: ManifestRecord, annotation: Note): void {
    const { about, image } = aboutOf(record, annotation)
    const key = `${annotation.kind} ${about.file}`
    const known = shared.get(key) ?? { about, images: [] }
    shared.set(key, known)
    // COCO knows images by the names of their files.
    if (annotation.kind === 'coco' && image && !quick)
      known.images.push({ stem: fileStem(image.path), width: image.width, height: image.height })
  }

  async function check(record: ManifestRecord, annotation: Note): Promise<readonly Said[]> {
    const { about, image } = aboutOf(record, annotation)
    if (!image)
      return [{ fault: 'wrong-content', detail: `speaks of the ${about.modality} image, and there is none` }]
    const lacking = await fileProblem(about.file)
    if (lacking) return [lacking]
    const size = { stem: record.id, width: image.width, height: image.height }
    return quick ? [] : told(about.file, () => contentOf(record, annotation, about.file, size))
  }

  async function checkShared({ about, images }: SharedFile): Promise<readonly Said[]> {
    const { annotation, file } = about
    const lacking = await fileProblem(file)
    if (lacking) return [lacking]
    if (quick || annotation !== 'coco') return []
    return told(file, async () => boxProblems('coco', images, undefined, file))
  }

  return {
    async of(record) {
      // Before anything is waited for: files of many pairs are told in the order of the manifest.
      for (const one of record.annotations) if (isOfMany(one)) note(record, one)
      const found: Finding[] = []
      for (const one of record.annotations) {
        if (isOfMany(one)) continue
        for (const said of await check(record, one)) found.push({ ...aboutOf(record, one).about, ...said })
      }
      return found
    },
    async ofMany() {
      const found: Finding[] = []
      for (const file of shared.values())
        for (const said of await checkShared(file)) found.push({ ...file.about, ...said })
      return found
    },
  }
}

const isOfMany = ({ kind }: Note) => kind === 'coco' || kind === 'track'

const formatOf = (kind: string): BoxFormat | undefined => boxKinds.find(([name]) => name === kind)?.[1]

/** A text without lines is an image without objects; any other file has bytes. */
async function fileProblem(file: string): Promise<Said | undefined> {
  const there = await presence(file)
  if ('fault' in there) return there
  const mayBeEmpty = extname(file).toLowerCase() === '.txt'
  return there.bytes > 0 || mayBeEmpty ? undefined : { fault: 'empty', detail: 'the file has no bytes' }
}

/** What was found, or that the file cannot be read: readers refuse some content, and deep nesting or large files throw. */
async function told(file: string, read: () => Promise<readonly Said[]>): Promise<readonly Said[]> {
  try {
    return await read()
  } catch (error) {
    const [detail = ''] = (error as Error).message.replace(`${file}: `, '').split('\n')
    return [{ fault: 'unreadable', detail: detail.slice(0, 300) }]
  }
}

function boxProblems(
  format: BoxFormat,
  images: readonly (ImageSize & { readonly file?: string })[],
  names: readonly string[] | undefined,
  json?: string,
): Said[] {
  const { problems } = readGroup({ format, json, items: images }, names)
  return problems.map(({ line, problem }) => ({
    fault: 'wrong-content',
    ...(line > 0 && { line }),
    detail: problem,
  }))
}

const sizeProblems = (size: Size, image: Size): Said[] =>
  size.width === image.width && size.height === image.height
    ? []
    : [
        {
          fault: 'wrong-size',
          detail: `${size.width} × ${size.height}, its image is ${image.width} × ${image.height}`,
        },
      ]

async function labelMapProblems(
  file: string,
  image: Size,
  names: readonly string[] | undefined,
  ignore: readonly number[],
): Promise<Said[]> {
  const map = await readLabelImage(file)
  const said = sizeProblems(map, image)
  if (!names) return said
  try {
    applyLookup(map.ids, labelLookup({ classes: Math.min(names.length, 255), ignore }), file)
  } catch (error) {
    said.push({ fault: 'wrong-content', detail: (error as Error).message.slice(file.length + 2) })
  }
  return said
}

/** Ids of instances mean nothing beyond their map: only that it is whole, and of its image's size. */
async function instanceMapProblems(file: string, image: Size): Promise<Said[]> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw unreadable(file, error)
  })
  if (hasPngSignature(bytes)) return sizeProblems(openLabelPng(file, bytes), image)
  const size = await measuredSize([file])
  return 'problem' in size ? [{ fault: 'unreadable', detail: size.problem }] : sizeProblems(size, image)
}
