import { applyEffects, type Bytes, type Effects } from './effects'
import { type LabelRef, mirrorLabels, readLabelImage, resizeLabels } from './label-image'
import {
  type Modality,
  type Normalisation,
  normaliseInto,
  normalisation as pretraining,
} from './normalisation'
import { type ImageRef, openImage, type Region, readImageBytes } from './open-image'
import { resample } from './resample'

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

/** Up to so many bytes a stretch of an image is reduced sooner here than a pipeline of libvips is set up to do it. */
const smallBytes = 150_000

/** What is made of an image. */
export interface DecodeOptions {
  readonly modality: Modality
  /** Height and width, or one side for both; an image that already has it is not resampled. Default: as it is. */
  readonly size?: number | readonly [height: number, width: number]
  /** Default: the whole image. */
  readonly view?: View
  /** What happens to it after it is cut and resized. Default: nothing. */
  readonly effects?: Effects
}

/**
 * Cuts and resizes one image: what is large is reduced by libvips, the rest is up to `resample`; both are bicubic and
 * antialiased.
 * @returns One or three channels
 * @throws Error naming a file that is no sound image.
 */
export async function decodeBytes(
  image: string | ImageRef,
  { modality, size: wanted, view = wholeView, effects }: DecodeOptions,
): Promise<Bytes> {
  const size = typeof wanted === 'number' ? ([wanted, wanted] as const) : wanted
  const ref: ImageRef = typeof image === 'string' ? { file: image } : image
  try {
    const {
      pipeline: opened,
      width: w,
      height: h,
      depth,
    } = await openImage(readImageBytes(ref), modality, ref)
    const region = viewed(view, ref.crop ?? { left: 0, top: 0, width: w, height: h })
    let pipeline = opened
    if (region.width !== w || region.height !== h) pipeline = pipeline.extract(region)
    const large = region.width * region.height * (modality === 'ir' ? 1 : 3) > smallBytes
    if (large && size && (size[0] < region.height || size[1] < region.width)) {
      const [height, width] = [Math.min(size[0], region.height), Math.min(size[1], region.width)]
      pipeline = pipeline.resize({ height, width, fit: 'fill', kernel: 'cubic' })
    }
    if (view.flip) pipeline = pipeline.flop()
    const raw = depth === 'uchar' ? pipeline.raw() : pipeline.raw({ depth: 'uchar' })
    const { data, info } = await raw.toBuffer({ resolveWithObject: true })
    const cut = { bytes: data, height: info.height, width: info.width, channels: info.channels }
    const decoded = size ? resample(cut, size) : cut
    return effects ? await applyEffects(decoded, effects) : decoded
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
 * @param options `normalisation`: default, the modality's in pre-training.
 * @throws Error naming a file that is no sound image.
 */
export async function loadImage(
  image: string | ImageRef,
  options: Omit<DecodeOptions, 'effects'> & { readonly normalisation?: Normalisation },
): Promise<LoadedImage> {
  const { bytes, height, width, channels } = await decodeBytes(image, options)
  const data = new Float32Array(height * width * 3)
  normaliseInto(data, bytes, channels, options.normalisation ?? pretraining[options.modality])
  return { data, height, width }
}

/** A label image (one class id a pixel) cut and resized without mixing ids. @returns `[size, size]` */
export async function loadLabels(
  labels: string | LabelRef,
  size: number,
  view: View = wholeView,
): Promise<Uint8Array> {
  const image = await readLabelImage(labels)
  const { width, height } = image
  const resized = resizeLabels(image, [size, size], viewed(view, { left: 0, top: 0, width, height }))
  return (view.flip ? mirrorLabels(resized) : resized).ids
}
