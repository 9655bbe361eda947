import { move, transferableSymbol, valueSymbol } from 'piscina'
import sharp from 'sharp'
import { decodeBytes, loadLabels, type View } from './decode'
import type { Bytes, Effects } from './effects'
import type { LabelRef } from './label-image'
import type { Modality } from './normalisation'
import type { ImageRef } from './open-image'
import { patchClasses } from './patch-classes'
import { decodeScene, type SceneResult, type SceneTask } from './scene-view'

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

/** A pair, or an image, maybe with the classes of its patches. */
export interface ImagesTask {
  readonly images: readonly ImageTask[]
  readonly labels?: {
    readonly file: string | LabelRef
    readonly patch: number
    readonly ignore: readonly number[]
  }
}

/** An image of the wanted size: bytes, a quarter of what would go to the other thread once normalised. */
export interface DecodedImage extends Bytes {
  /** It counts as its normalisation's mean. */
  readonly blank: boolean
}

export interface ImagesResult {
  readonly images: readonly DecodedImage[]
  /** Class of every patch, -1 where it is to be ignored: `[tokens]`. */
  readonly classes?: Int32Array
}

/** What a worker makes: images, or a scene with the classes of its pixels. */
export type DecodeTask = ImagesTask | { readonly scene: SceneTask }
export type DecodeResult<Task extends DecodeTask = DecodeTask> = Task extends ImagesTask
  ? ImagesResult
  : SceneResult

/** The worker's entry: decodes, crops and resizes. */
export default async function decode(task: DecodeTask): Promise<DecodeResult> {
  if ('scene' in task) {
    const scene = await decodeScene(task.scene)
    return handedOver(scene, scene.images)
  }
  const result = await decodeImages(task)
  return handedOver(
    result,
    result.images.map(({ bytes }) => bytes),
  )
}

/** The images' memory goes to the other thread as it is, where they have it to themselves: copying takes time. */
function handedOver<Result>(result: Result, images: readonly (Uint8Array | Float32Array)[]): Result {
  const own = images.filter(({ buffer, byteLength }) => buffer.byteLength === byteLength)
  const buffers = own.map(({ buffer }) => buffer)
  return move({ [transferableSymbol]: buffers, [valueSymbol]: result } as never) as unknown as Result
}

async function decodeImages(task: ImagesTask): Promise<ImagesResult> {
  const images: DecodedImage[] = []
  for (const { file, ...options } of task.images)
    images.push({ ...(await decodeBytes(file, options)), blank: options.effects?.blank ?? false })
  if (!task.labels) return { images }
  const { size, view } = task.images[0]!
  if (typeof size !== 'number') throw new Error('classes of patches are for square images')
  const labels = await loadLabels(task.labels.file, size, view)
  return { images, classes: patchClasses(labels, size, task.labels.patch, task.labels.ignore) }
}
