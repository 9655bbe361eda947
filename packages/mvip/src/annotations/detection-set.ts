import type { Modality } from '../normalisation'
import type { ImageRef } from '../open-image'
import type { AnnotationProblem, ObjectAnnotation } from './annotation'
import { readItems } from './detection-items'
import { type DetectionFolders, listFolderItems } from './list-folder-items'
import { type DetectionPath, listSetItems } from './list-set-items'
import type { VocOptions } from './read-voc'

/** An annotated scene in one or both modalities. */
export interface DetectionScene {
  readonly id: string
  /** The image of each wanted modality; all of one size. */
  readonly files: Readonly<Partial<Record<Modality, ImageRef>>>
  readonly width: number
  readonly height: number
  readonly objects: readonly ObjectAnnotation[]
}

export interface DetectionSet {
  readonly classes: readonly string[]
  readonly scenes: readonly DetectionScene[]
  /** What was left out; empty where `onBad` is `refuse`. */
  readonly problems: readonly AnnotationProblem[]
}

export type DetectionSetOptions = (DetectionFolders | (DetectionPath & Pick<VocOptions, 'rename'>)) & {
  /**
   * Class names in order. Default: those that a build recorded or `classes.txt` in or beside the folder has (YOLO), those
   * that occur (VOC), the file's (COCO), `person`, `people` and `cyclist` (KAIST).
   */
  readonly classes?: readonly string[]
  /** Keep only stems listed here (a split). */
  readonly only?: ReadonlySet<string>
  /** What to do about boxes and files that cannot be used. Default `refuse`. */
  readonly onBad?: 'refuse' | 'skip'
}

/**
 * Images with their boxes, from COCO JSON, Pascal VOC XML, YOLO or KAIST text: of folders in the order of their stems, or of a built
 * dataset or a folder in a known layout in its order. Boxes are in pixels of the image as it is cut.
 * @throws Error listing the first problems with file and line where there are some and `onBad` is `refuse`; where a
 *   border or names are given for another format than VOC; where the sources of a dataset have different classes.
 */
export async function readDetectionSet(options: DetectionSetOptions): Promise<DetectionSet> {
  const { classes, only, onBad = 'refuse' } = options
  const isSet = 'path' in options
  const listing = await (isSet ? listSetItems(options) : listFolderItems(options, only))
  const read = readItems(listing, classes, isSet ? options.rename : options.annotations.rename)
  const problems = [...listing.problems, ...read.problems]
  if (problems.length > 0 && onBad === 'refuse') throw new Error(explained(problems))
  return {
    classes: read.classes,
    problems,
    scenes: listing.items.map((item) => {
      const { width, height } = item.crop ?? item
      return { id: item.id, files: item.files, width, height, objects: read.objects.get(item) ?? [] }
    }),
  }
}

function explained(problems: readonly AnnotationProblem[]): string {
  const lines = problems.slice(0, 8).map((problem) => `  ${problemText(problem)}`)
  return `${problems.length} annotations or files cannot be used:\n${lines.join('\n')}${problems.length > 8 ? '\n  …' : ''}\nMend them, or leave them out (onBad: skip)`
}

/** `file:line: what is wrong`. */
export const problemText = ({ file, line, problem }: AnnotationProblem): string =>
  `${file}${line > 0 ? `:${line}` : ''}: ${problem}`
