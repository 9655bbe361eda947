import { applyEffects, type Effects } from './effects'
import { mirrorLabels, readLabelImage, resizeLabels } from './label-image'
import {
  type Modality,
  type Normalisation,
  normaliseInto,
  normalisation as pretraining,
} from './normalisation'
import { type ImageRef, openImage, type Region, readImageBytes } from './open-image'

/** A stretch of an image, in shares of its sides, and whether it is mirrored. */
export interface View {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
  readonly flip: boolean
}

export const wholeView: View = { left: 0, top: 0, width: 1, height: 1, flip: false }

/** The part of a region that a view shows, in whole pixels. */
function viewed(view: View, { left, top, width, height }: Region): Region {
  const [right, down] = [Math.round(view.left * width), Math.round(view.top * height)]
  return {
    left: left + right,
    top: top + down,
    width: Math.max(1, Math.min(width - right, Math.round(view.width * width))),
    height: Math.max(1, Math.min(height - down, Math.round(view.height * height))),
  }
}

/** One image as raw bytes. @returns `[height, width, channels]` */
async function decodeView(
  image: string | ImageRef,
  modality: Modality,
  size: readonly [number, number] | undefined,
  view: View,
): Promise<{ bytes: Buffer; height: number; width: number; channels: number }> {
  const ref: ImageRef = typeof image === 'string' ? { file: image } : image
  try {
    const input = ref.range ? await readImageBytes(ref) : ref.file
    const { pipeline: opened, width: w, height: h } = await openImage(input, modality, ref.channels)
    const region = viewed(view, ref.crop ?? { left: 0, top: 0, width: w, height: h })
    let pipeline = opened
    if (region.width !== w || region.height !== h) pipeline = pipeline.extract(region)
    if (size && (size[0] !== region.height || size[1] !== region.width)) {
      pipeline = pipeline.resize({ height: size[0], width: size[1], fit: 'fill', kernel: 'cubic' })
    }
    if (view.flip) pipeline = pipeline.flop()
    const { data, info } = await pipeline.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
    return { bytes: data, height: info.height, width: info.width, channels: info.channels }
  } catch (error) {
    throw new Error(`${ref.file}: cannot be read as an image (${(error as Error).message.split('\n')[0]})`)
  }
}

/** One normalised image. */
export interface LoadedImage {
  /** `[height, width, 3]` */
  readonly data: Float32Array
  readonly height: number
  readonly width: number
}

/**
 * Reads and normalises one image.
 * @param normalisation Default: the modality's in pre-training.
 * @param effects What happens to it after it is cut and resized. Default: nothing.
 * @param size Height and width, or one side for both; an image that already has it is not resampled. Default: as it is.
 */
export async function loadImage(
  image: string | ImageRef,
  {
    modality,
    size,
    view = wholeView,
    normalisation = pretraining[modality],
    effects,
  }: {
    readonly modality: Modality
    readonly size?: number | readonly [number, number]
    readonly view?: View
    readonly normalisation?: Normalisation
    readonly effects?: Effects
  },
): Promise<LoadedImage> {
  const wanted = typeof size === 'number' ? ([size, size] as const) : size
  const decoded = await decodeView(image, modality, wanted, view)
  const { bytes, height, width, channels } = effects ? await applyEffects(decoded, effects) : decoded
  const data = new Float32Array(height * width * 3)
  if (!effects?.blank) normaliseInto(data, bytes, channels, normalisation)
  return { data, height, width }
}

/** A label image (one class id a pixel) cut and resized without mixing ids. @returns `[size, size]` */
export async function loadLabels(file: string, size: number, view: View = wholeView): Promise<Uint8Array> {
  const image = await readLabelImage(file)
  const left = Math.round(view.left * image.width)
  const top = Math.round(view.top * image.height)
  const resized = resizeLabels(image, [size, size], {
    left,
    top,
    width: Math.max(1, Math.min(image.width - left, Math.round(view.width * image.width))),
    height: Math.max(1, Math.min(image.height - top, Math.round(view.height * image.height))),
  })
  return (view.flip ? mirrorLabels(resized) : resized).ids
}
