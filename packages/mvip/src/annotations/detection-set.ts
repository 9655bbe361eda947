import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import type { Modality } from '../normalisation'
import type { Region } from '../open-image'
import { fileStem } from '../stems'
import type { AnnotationProblem, Annotations, ImageSize, ObjectAnnotation } from './annotation'
import { readCocoJson } from './read-coco-json'
import { readVoc, type VocOptions } from './read-voc'
import { readYolo } from './read-yolo'

/** An annotated scene in one or both modalities. */
export interface DetectionScene {
  readonly id: string
  /** The image of each wanted modality; all of one size. */
  readonly files: Readonly<Partial<Record<Modality, string>>>
  readonly width: number
  readonly height: number
  /** The part of the files that is the image, where they have a frame. */
  readonly crop?: Region
  readonly objects: readonly ObjectAnnotation[]
}

export interface DetectionSet {
  readonly classes: readonly string[]
  readonly scenes: readonly DetectionScene[]
  /** What was left out; empty where `onBad` is `refuse`. */
  readonly problems: readonly AnnotationProblem[]
}

/** `yolo` and `voc`: a folder with a file for each image; `coco`: one JSON file. Border and names are VOC's. */
export interface AnnotationSource extends VocOptions {
  readonly format: 'yolo' | 'voc' | 'coco'
  readonly path: string
}

export interface DetectionSetOptions {
  /** Folder of the images of each modality. */
  readonly images: Readonly<Partial<Record<Modality, string>>>
  readonly annotations: AnnotationSource
  /** Class names in order. Default: `classes.txt` in or beside the folder (YOLO), those that occur (VOC), the file's (COCO). */
  readonly classes?: readonly string[]
  /** Keep only stems listed here (a split). */
  readonly only?: ReadonlySet<string>
  /** What to do about boxes and files that cannot be used. Default `refuse`. */
  readonly onBad?: 'refuse' | 'skip'
}

/**
 * Images with their boxes, from COCO JSON, Pascal VOC XML or YOLO text, in the order of their stems.
 * @throws Error listing the first problems with file and line where there are some and `onBad` is `refuse`; where a
 *   border or names are given for another format than VOC.
 */
export async function readDetectionSet(options: DetectionSetOptions): Promise<DetectionSet> {
  const { format, border = 0, rename } = options.annotations
  if (format !== 'voc' && (border > 0 || rename))
    throw new Error(`annotations: border and rename are of format voc, not of ${format}`)
  const { files, problems } = findImages(options)
  // Problems in the order of the images, whichever file was read first.
  const sized = await Promise.all([...files].map(([stem, paths]) => sizeOf(stem, paths, border)))
  const images = sized.filter((size) => 'width' in size)
  problems.push(...sized.filter((size) => 'problem' in size))
  const read = annotationsOf(options, images)
  problems.push(...read.problems)
  if (problems.length > 0 && (options.onBad ?? 'refuse') === 'refuse') throw new Error(explained(problems))
  return {
    classes: read.classes,
    problems,
    scenes: images.map(({ stem, width, height }) => ({
      id: stem,
      files: files.get(stem)!,
      width,
      height,
      ...(border > 0 ? { crop: { left: border, top: border, width, height } } : {}),
      objects: read.objects.get(stem) ?? [],
    })),
  }
}

function explained(problems: readonly AnnotationProblem[]): string {
  const lines = problems.slice(0, 8).map((problem) => `  ${problemText(problem)}`)
  return `${problems.length} annotations or files cannot be used:\n${lines.join('\n')}${problems.length > 8 ? '\n  …' : ''}\nMend them, or leave them out (onBad: skip)`
}

/** `file:line: what is wrong`. */
export const problemText = ({ file, line, problem }: AnnotationProblem): string =>
  `${file}${line > 0 ? `:${line}` : ''}: ${problem}`

type Files = Readonly<Partial<Record<Modality, string>>>

/** Stem without what tells FLIR's modalities apart: `FLIR_05164_RGB` and `FLIR_05164_PreviewData` are one scene. */
const sceneStem = (name: string): string => fileStem(name).replace(/_(RGB|PreviewData)$/, '')

function findImages({ images, only }: DetectionSetOptions) {
  const modalities = Object.keys(images) as Modality[]
  const problems: AnnotationProblem[] = []
  const found = new Map<string, Files>()
  for (const modality of modalities) {
    const folder = images[modality]!
    if (!existsSync(folder)) throw new Error(`${folder}: there is no such folder of ${modality} images`)
    for (const name of readdirSync(folder).sort()) {
      if (!/\.(png|jpe?g|webp|tiff?|bmp)$/i.test(name)) continue
      const stem = sceneStem(name)
      if (!only || only.has(stem)) found.set(stem, { ...found.get(stem), [modality]: join(folder, name) })
    }
  }
  for (const [stem, files] of found) {
    const missing = modalities.find((modality) => !files[modality])
    if (!missing) continue
    problems.push({
      file: Object.values(files)[0]!,
      line: 0,
      problem: `there is no ${missing} image '${stem}'`,
    })
    found.delete(stem)
  }
  for (const stem of only ?? [])
    if (!found.has(stem))
      problems.push({ file: stem, line: 0, problem: 'this stem of the list has no images' })
  if (found.size === 0)
    throw new Error(`${Object.values(images).join(', ')}: no images${only ? ' of the list' : ''}`)
  return { files: new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1))), problems }
}

async function sizeOf(stem: string, files: Files, border: number): Promise<ImageSize | AnnotationProblem> {
  const sizes: ImageSize[] = []
  for (const file of Object.values(files)) {
    try {
      const { width, height, orientation = 1 } = await sharp(file).metadata()
      const size = orientation >= 5 ? { stem, width: height, height: width } : { stem, width, height }
      const [first = size] = sizes
      const shown = `${size.width} × ${size.height}`
      if (first.width !== size.width || first.height !== size.height)
        return { file, line: 0, problem: `${shown} is not its partner's ${first.width} × ${first.height}` }
      if (size.width <= 2 * border || size.height <= 2 * border)
        return {
          file,
          line: 0,
          problem: `${shown} is all border, which has ${border} pixels on every side`,
        }
      sizes.push(size)
    } catch (error) {
      return { file, line: 0, problem: `cannot be read as an image (${(error as Error).message})` }
    }
  }
  const { width, height } = sizes[0]!
  return { stem, width: width - 2 * border, height: height - 2 * border }
}

function annotationsOf(
  { annotations: { format, path, ...voc }, classes }: DetectionSetOptions,
  images: readonly ImageSize[],
): Annotations {
  if (!existsSync(path)) throw new Error(`${path}: there are no such annotations`)
  if (format === 'coco') return readCocoJson(path, images, classes)
  if (format === 'voc') return readVoc(path, images, classes, voc)
  return readYolo(path, images, classes ?? classNames(path))
}

function classNames(folder: string): string[] {
  const file = [join(folder, 'classes.txt'), join(dirname(folder), 'classes.txt')].find(existsSync)
  if (!file)
    throw new Error(
      `${folder}: YOLO files have no class names: give them, or write classes.txt beside the folder`,
    )
  return readFileSync(file, 'utf8')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
