import { move, transferableSymbol, valueSymbol } from 'piscina'
import sharp from 'sharp'
import { loadImage, loadLabels, type View } from './decode'
import type { Effects } from './effects'
import type { Modality } from './normalisation'
import type { ImageRef } from './open-image'
import { patchClasses } from './patch-classes'
import { decodeScene, type SceneTask } from './scene-view'

// One thread a worker: libvips' own pool would fight with the other workers for the same cores.
sharp.concurrency(1)
sharp.cache(false)

/** One image of a batch. */
export interface ImageTask {
  readonly file: string | ImageRef
  readonly modality: Modality
  /** Side, or height and width. */
  readonly size: number | readonly [height: number, width: number]
  readonly view: View
  readonly effects?: Effects
}

/** A pair, an image with the classes of its patches, or a scene with the classes of its pixels. */
export type DecodeTask = ImagesTask | { readonly scene: SceneTask }

interface ImagesTask {
  readonly images: readonly ImageTask[]
  readonly labels?: { readonly file: string; readonly patch: number; readonly ignore: readonly number[] }
}

export interface DecodeResult {
  /** `[size, size, 3]` for every image of the task. */
  readonly images: readonly Float32Array[]
  /** Class of every patch, -1 where it is to be ignored: `[tokens]`. */
  readonly classes?: Int32Array
  /** Class of every pixel of a scene. */
  readonly labels?: Uint8Array
}

/** The worker's entry: decodes, crops, resizes and normalises. */
export default async function decode(task: DecodeTask): Promise<DecodeResult> {
  return handedOver('scene' in task ? await decodeScene(task.scene) : await decodeImages(task))
}

/** The images' memory goes to the other thread as it is: copies of it would take as long as half the decoding. */
function handedOver(result: DecodeResult): DecodeResult {
  const buffers = result.images.map(({ buffer }) => buffer)
  return move({ [transferableSymbol]: buffers, [valueSymbol]: result } as never) as unknown as DecodeResult
}

async function decodeImages(task: ImagesTask): Promise<DecodeResult> {
  const images: Float32Array[] = []
  for (const { file, ...options } of task.images) images.push((await loadImage(file, options)).data)
  if (!task.labels) return { images }
  const { size, view } = task.images[0]!
  if (typeof size !== 'number') throw new Error('classes of patches are for square images')
  const labels = await loadLabels(task.labels.file, size, view)
  return { images, classes: patchClasses(labels, size, task.labels.patch, task.labels.ignore) }
}
