import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { inOrder } from '../build/in-order'
import { findClassNames } from '../class-names'
import { readFolder } from '../layouts/read-folder'
import type { Modality } from '../normalisation'
import { fileStem } from '../stems'
import { workerCount } from '../worker-count'
import type { AnnotationProblem } from './annotation'
import { annotationFiles } from './annotation-files'
import type { BoxFormat, DetectionItem, DetectionListing } from './detection-items'
import { measuredSize } from './measured-size'
import type { VocOptions } from './read-voc'

/** `yolo`, `voc` and `kaist`: a folder with a file for each image; `coco`: one JSON file. Border and names are VOC's. */
export interface AnnotationSource extends VocOptions {
  readonly format: BoxFormat
  readonly path: string
  /** Pixels of a frame around the images that is cut off (DroneVehicle: 100): boxes are shifted and cut with it. */
  readonly border?: number
}

/** Folders of images of equal stems, and their annotations. */
export interface DetectionFolders {
  /** Folder of the images of each modality. */
  readonly images: Readonly<Partial<Record<Modality, string>>>
  readonly annotations: AnnotationSource
}

/** Images of the folders with the files of their boxes, in the order of their stems. @throws Error where a folder or file is missing */
export async function listFolderItems(
  { images, annotations }: DetectionFolders,
  only: ReadonlySet<string> | undefined,
): Promise<DetectionListing> {
  const { format, path, border = 0, rename } = annotations
  if (format !== 'voc' && (border > 0 || rename))
    throw new Error(`annotations: border and rename are of format voc, not of ${format}`)
  const { files, problems } = findImages(images, only)
  if (!existsSync(path)) throw new Error(`${path}: there are no such annotations`)
  const fileOf = notesOf(annotations)
  async function itemOf([stem, paths]: readonly [string, Files]): Promise<DetectionItem | AnnotationProblem> {
    const size = await measuredSize(Object.values(paths))
    if ('problem' in size) return size
    const [width, height] = [size.width - 2 * border, size.height - 2 * border]
    if (width <= 0 || height <= 0) {
      const problem = `${size.width} × ${size.height} is all border, which has ${border} pixels on every side`
      return { file: Object.values(paths)[0]!, line: 0, problem }
    }
    const crop = border > 0 ? { left: border, top: border, width, height } : undefined
    const refs = Object.entries(paths).map(([modality, file]) => [modality, { file, ...(crop && { crop }) }])
    return { id: stem, stem, ...size, crop, file: fileOf(stem), files: Object.fromEntries(refs) }
  }
  const sized: (DetectionItem | AnnotationProblem)[] = []
  for await (const item of inOrder(files, 2 * workerCount(), itemOf)) sized.push(item)
  const items = sized.filter((item) => 'id' in item)
  return {
    items,
    groups: [{ source: path, format, ...(format === 'coco' && { json: path }), items }],
    problems: [...problems, ...sized.filter((item) => 'problem' in item)],
    yoloClasses() {
      const names = findClassNames([path, dirname(path)])
      if (names) return names
      throw new Error(
        `${path}: YOLO files have no class names: give them, or write classes.txt beside the folder`,
      )
    },
  }
}

/** The file of an image's own; one that is missing is no object in YOLO's text, and a fault in VOC's XML and KAIST's text. */
function notesOf({ format, path }: AnnotationSource): (stem: string) => string | undefined {
  if (format === 'coco') return () => undefined
  const at = annotationFiles(path, format === 'voc' ? '.xml' : '.txt')
  return (stem) => (format !== 'yolo' || existsSync(at(stem)) ? at(stem) : undefined)
}

type Files = Readonly<Partial<Record<Modality, string>>>

/** Stem without what tells FLIR's modalities apart: `FLIR_05164_RGB` and `FLIR_05164_PreviewData` are one scene. */
const sceneStem = (name: string): string => fileStem(name).replace(/_(RGB|PreviewData)$/, '')

function findImages(images: DetectionFolders['images'], only: ReadonlySet<string> | undefined) {
  const modalities = Object.keys(images) as Modality[]
  const problems: AnnotationProblem[] = []
  const found = new Map<string, Files>()
  for (const modality of modalities) {
    const folder = images[modality]!
    if (!existsSync(folder)) throw new Error(`${folder}: there is no such folder of ${modality} images`)
    for (const name of readFolder(folder)) {
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
