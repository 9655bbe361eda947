import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Augmentation, drawView } from './augment'
import { wholeView } from './decode'
import type { LabelRef } from './label-image'
import { listLabelledPairs } from './labelled-pairs'
import type { Split } from './layouts/layout'
import { imagesIn, readFolder } from './layouts/read-folder'
import { type LoaderOptions, openLoader } from './loader'
import type { ImageRef } from './open-image'
import { findBuiltSet } from './sources/annotated-set'
import { imageStack } from './stack-images'
import { fileStem } from './stems'

/** An RGB image with a class id for every pixel. */
export interface LabelledImage {
  readonly id: string
  readonly image: string | ImageRef
  readonly labels: string | LabelRef
}

/**
 * Images and label PNGs of the same stem: `ROOT/images` + `ROOT/labels` (CamVid), or `ROOT/vi` + `ROOT/labels`. Of a built
 * dataset the visible images with a label map.
 * @param split Of a built dataset; default: all of it.
 * @throws Error naming what was looked for, or the images without labels.
 */
export async function listLabelled(root: string, split?: Split): Promise<LabelledImage[]> {
  if (findBuiltSet(root)) {
    const pairs = await listLabelledPairs(root, { modalities: ['rgb'], split })
    return pairs.map(({ id, images, labels }) => ({ id, image: images.rgb!, labels }))
  }
  const images = ['images', 'vi'].map((name) => join(root, name)).find(existsSync)
  const labels = join(root, 'labels')
  if (!images || !existsSync(labels))
    throw new Error(`${root} holds no labelled images: looked for images/ or vi/ beside labels/`)
  const maps = readFolder(labels).filter((name) => /\.png$/i.test(name))
  const byStem = new Map(maps.map((name) => [fileStem(name), join(labels, name)]))
  const files = imagesIn(images)
  const missing = files.map((file) => basename(file)).filter((name) => !byStem.has(fileStem(name)))
  if (missing.length > 0)
    throw new Error(
      `${missing.length} images have no label PNG in ${labels}: ${missing.slice(0, 3).join(', ')}`,
    )
  return files.map((image) => {
    const id = fileStem(image)
    return { id, image, labels: byStem.get(id)! }
  })
}

export interface LabelledLoaderOptions extends LoaderOptions {
  readonly images: readonly LabelledImage[]
  readonly size: number
  /** Pixels of a patch's side. */
  readonly patch: number
  /** Class ids that do not count. Default none. */
  readonly ignore?: readonly number[]
  readonly augment?: Augmentation | null
}

/** Labelled images ready for a step. */
export interface LabelledBatch {
  /** Normalised, `[batch, size, size, 3]`. */
  readonly rgb: Float32Array
  /** Class of every patch, -1 = ignore: `[batch, tokens]`. */
  readonly classes: Int32Array
  readonly epoch: number
  readonly index: number
  readonly ids: readonly string[]
}

/** Batches of RGB images with the majority class of every patch. */
export function openLabelledLoader(options: LabelledLoaderOptions) {
  const { images, size, patch, ignore = [], augment, seed = 0 } = options
  const loader = openLoader(
    images.length,
    (item, epoch) => {
      const view = augment ? drawView(augment, seed, epoch, item) : wholeView
      return {
        images: [{ file: images[item]!.image, modality: 'rgb', size, view }],
        labels: { file: images[item]!.labels, patch, ignore },
      }
    },
    options,
  )
  return {
    ...loader,
    async *batches(epoch: number, from?: number): AsyncGenerator<LabelledBatch> {
      const rgb = imageStack('rgb', options.reuse)
      for await (const { index, items, results } of loader.batches(epoch, from)) {
        const tokens = results[0]!.classes!.length
        const classes = new Int32Array(results.length * tokens)
        results.forEach((result, i) => void classes.set(result.classes!, i * tokens))
        yield {
          rgb: rgb(results, 0),
          classes,
          epoch,
          index,
          ids: items.map((item) => images[item]!.id),
        }
      }
    },
  }
}
