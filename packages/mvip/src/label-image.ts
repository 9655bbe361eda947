import { readFile } from 'node:fs/promises'
import { hasPngSignature } from 'fast-png'
import sharp from 'sharp'
import { labelIds, oneChannel, openLabelPng } from './label-png'
import { pixelLimit, type Region } from './open-image'
import { unreadable } from './read-text'
import { refusePipe } from './refuse-pipe'

/** A class id for every pixel. */
export interface LabelImage {
  readonly height: number
  readonly width: number
  /** `[height, width]` */
  readonly ids: Uint8Array
}

/** The part of a label map that belongs to a scene whose images are cut. */
export interface LabelRef {
  readonly file: string
  readonly crop: Region
  /** Size of the uncut image, which the map must have. */
  readonly whole: { readonly width: number; readonly height: number }
}

/**
 * Reads the ids of a label image as they are stored. A PNG is not read with libvips, which spreads 1-, 2- and 4-bit
 * greys over 0-255 and turns a palette's indices into its colours; here an index is the id.
 * @throws Error naming the file: not one channel, 16-bit ids beyond 255, too many pixels, broken data, or of another size
 *   than the image with which it is to be cut.
 */
export async function readLabelImage(labels: string | LabelRef): Promise<LabelImage> {
  if (typeof labels === 'string') return readWhole(labels)
  const image = await readWhole(labels.file)
  checkCut(image, labels)
  const { width, height } = labels.crop
  return resizeLabels(image, [height, width], labels.crop)
}

/** @throws Error where a label map has not the size of its image, or the crop leads out of it. */
export function checkCut(
  { width, height }: Pick<LabelImage, 'width' | 'height'>,
  { file, whole, crop }: LabelRef,
): void {
  if (width !== whole.width || height !== whole.height)
    throw new Error(
      `${file}: ${width} × ${height}, its image is ${whole.width} × ${whole.height}: they cannot be cut alike`,
    )
  if (crop.left + crop.width > width || crop.top + crop.height > height)
    throw new Error(
      `${file}: a crop of ${crop.width} × ${crop.height} from ${crop.left}, ${crop.top} on leads out of ${width} × ${height}`,
    )
}

async function readWhole(file: string): Promise<LabelImage> {
  refusePipe(file)
  const bytes = await readFile(file).catch((error: unknown) => {
    throw unreadable(file, error)
  })
  if (hasPngSignature(bytes)) return labelIds(file, openLabelPng(file, bytes))
  const image = sharp(bytes, { limitInputPixels: pixelLimit, failOn: 'error' })
  try {
    const { channels } = await image.metadata()
    if (channels !== 1) throw new Error(oneChannel(channels))
    const { data, info } = await image
      .toColourspace('b-w')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    return { height: info.height, width: info.width, ids: new Uint8Array(data) }
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message.split('\n')[0]}`)
  }
}

/**
 * Part of a label image at another size. Each pixel takes the id at its centre, so that ids are never mixed and lie
 * where a resized image has what they name.
 * @param region Pixels of the source; default: all.
 */
export function resizeLabels(
  { ids, width, height }: LabelImage,
  [toHeight, toWidth]: readonly [number, number],
  region = { left: 0, top: 0, width, height },
): LabelImage {
  const sources = (to: number, start: number, length: number) =>
    Int32Array.from(
      { length: to },
      (_, i) => start + Math.min(length - 1, Math.floor(((i + 0.5) * length) / to)),
    )
  const rows = sources(toHeight, region.top, region.height)
  const columns = sources(toWidth, region.left, region.width)
  const resized = new Uint8Array(toHeight * toWidth)
  rows.forEach((row, y) => {
    columns.forEach((column, x) => {
      resized[y * toWidth + x] = ids[row * width + column]!
    })
  })
  return { height: toHeight, width: toWidth, ids: resized }
}

/** Left and right exchanged. */
export function mirrorLabels({ ids, width, height }: LabelImage): LabelImage {
  const turned = new Uint8Array(ids.length)
  for (let i = 0; i < ids.length; i++) turned[i - (i % width) + width - 1 - (i % width)] = ids[i]!
  return { height, width, ids: turned }
}
