import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Augmentation, drawView } from './augment'
import { wholeView } from './decode'
import type { LabelRef } from './label-image'
import { labelsOf } from './labelled-pairs'
import type { Split } from './layouts/layout'
import { imagesIn } from './layouts/read-folder'
import { type LoaderOptions, openLoader } from './loader'
import type { Modality } from './normalisation'
import type { ImageRef } from './open-image'
import { findBuiltSet } from './sources/annotated-set'
import { chooseSamples, flatId, samplesWith } from './sources/select-samples'
import { imageStack } from './stack-images'
import { fileStem } from './stems'

/** An image without partner. */
export interface SingleImage {
  readonly id: string
  readonly file: string | ImageRef
  /** Its label map, where a built dataset has one. */
  readonly labels?: string | LabelRef
}

/**
 * Images of a folder by name: its own, or those of `images/`, `vi/`, `train/images/` or `train/vi/` in it. Of a built
 * dataset the visible images.
 * @param split Of a built dataset; default: all of it.
 * @throws Error naming what was looked into.
 */
export async function listImages(root: string, split?: Split): Promise<SingleImage[]> {
  const set = findBuiltSet(root)
  if (set) {
    const seen = await samplesWith(set, () => true)
    const images = chooseSamples(root, seen, { modalities: ['rgb'], split })
    return images.map((sample) => ({
      id: flatId(sample.id),
      file: sample.images.rgb!,
      labels: labelsOf(sample),
    }))
  }
  const candidates = ['images', 'vi', 'train/images', 'train/vi', '.'].map((name) => join(root, name))
  for (const folder of candidates.filter(existsSync)) {
    const images = imagesIn(folder).map((file) => ({ id: fileStem(file), file }))
    if (images.length > 0) return images
  }
  throw new Error(`${root}: no images; looked into ${candidates.join(', ')}`)
}

export interface ImageLoaderOptions extends LoaderOptions {
  readonly images: readonly SingleImage[]
  /** Side of the images in pixels. */
  readonly size: number
  /** How they are normalised. Default `rgb`. */
  readonly modality?: Modality
  /** Default: none, the whole image is resized. */
  readonly augment?: Augmentation | null
}

/** Images of one modality, ready for a step. */
export interface ImageBatch {
  /** Normalised, `[batch, size, size, 3]`. */
  readonly rgb: Float32Array
  readonly epoch: number
  readonly index: number
  readonly ids: readonly string[]
}

/** Batches of single images, decoded, augmented and normalised in worker threads; fixed by (seed, epoch, index). */
export function openImageLoader(options: ImageLoaderOptions) {
  const { images, size, modality = 'rgb', augment, seed = 0 } = options
  const loader = openLoader(
    images.length,
    (item, epoch) => {
      const view = augment ? drawView(augment, seed, epoch, item) : wholeView
      return { images: [{ file: images[item]!.file, modality, size, view }] }
    },
    options,
  )
  return {
    ...loader,
    async *batches(epoch: number, from?: number): AsyncGenerator<ImageBatch> {
      const stack = imageStack(modality, options.reuse)
      for await (const { index, items, results } of loader.batches(epoch, from))
        yield {
          rgb: stack(results, 0),
          epoch,
          index,
          ids: items.map((item) => images[item]!.id),
        }
    },
  }
}
