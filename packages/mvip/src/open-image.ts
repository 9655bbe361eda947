import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import sharp, { type Sharp } from 'sharp'
import type { Modality } from './normalisation'

/** Images of more pixels than this are refused before they are decoded (decompression bombs). */
export const pixelLimit = 100_000_000

/** Shares of the pixels that 16-bit and float images may clip at either end when they become 8-bit. */
const clipped = 0.01

/** A rectangle in whole pixels, of the image as it is shown (EXIF rotation applied). */
export interface Region {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** Where an image's bytes are, and what part of them is the image. */
export interface ImageRef {
  readonly file: string
  /** A stretch of the file (a member of a tar); default: all of it. */
  readonly range?: { readonly offset: number; readonly length: number }
  /** `alpha`: the fourth channel (MFNet). Default `colour`. */
  readonly channels?: 'colour' | 'alpha'
  readonly crop?: Region
}

/** The file that holds an image or a label map. */
export const fileOf = (image: string | { readonly file: string }): string =>
  typeof image === 'string' ? image : image.file

/** An image that is decoded when its pipeline runs: upright, 8-bit, three channels or one. */
export interface OpenedImage {
  readonly pipeline: Sharp
  /** As shown: after EXIF rotation, before any crop. */
  readonly width: number
  readonly height: number
  readonly format: string
  /** How a channel is stored: `uchar`, `ushort`, `float` … */
  readonly depth: string
  /** Channels stored. */
  readonly channels: number
}

/**
 * The bytes of an image, read at one go: libvips opens a path for the header and again for the pixels, and turns through the
 * thread pool take longer than reading.
 * @throws Error where the file ends before its range does.
 */
export function readImageBytes({ file, range }: ImageRef): Buffer {
  if (!range) return readFileSync(file)
  const descriptor = openSync(file, 'r')
  try {
    const bytes = Buffer.allocUnsafeSlow(range.length)
    const read = readSync(descriptor, bytes, 0, range.length, range.offset)
    if (read === range.length) return bytes
    throw new Error(`${file}: ends at byte ${range.offset + read}, before ${range.offset + range.length}`)
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Opens an image safely: too many pixels and broken data are errors, EXIF rotation is applied, CMYK becomes sRGB.
 * Grey values of more than 8 bits (radiometric thermal) are scaled so that their 1st and 99th percentile become 0 and
 * 255; in 16-bit colour the upper eight bits are taken.
 * @param input A file's path or its bytes.
 * @throws Error of sharp's where it is no image or holds too many pixels, or where there is no alpha to take.
 */
export async function openImage(
  input: string | Buffer,
  modality: Modality,
  channels: 'colour' | 'alpha' = 'colour',
): Promise<OpenedImage> {
  const image = sharp(input, { limitInputPixels: pixelLimit, failOn: 'error', sequentialRead: true })
  const meta = await image.metadata()
  const { orientation = 1, depth = 'uchar' } = meta
  const turned = orientation >= 5
  const opened = {
    width: turned ? meta.height : meta.width,
    height: turned ? meta.width : meta.height,
    format: meta.format,
    depth,
    channels: meta.channels,
  }
  const upright = orientation === 1 ? image : image.autoOrient()
  if (channels === 'alpha') {
    if (!meta.hasAlpha) throw new Error(`has ${meta.channels} channels; infrared is wanted as alpha`)
    return { ...opened, pipeline: await reopened(upright.extractChannel('alpha'), 'b-w') }
  }
  const space = modality === 'ir' ? 'b-w' : 'srgb'
  const wide = depth !== 'uchar' && depth !== 'char'
  if (wide && (modality === 'ir' || meta.channels < 3))
    return { ...opened, pipeline: (await scaledByPercentile(upright)).toColourspace(space) }
  // Resizing multiplies colours by alpha and divides again; where alpha is no opacity that loses colour.
  if (meta.hasAlpha) return { ...opened, pipeline: await reopened(upright.removeAlpha(), space) }
  return { ...opened, pipeline: upright.toColourspace(space) }
}

async function reopened(image: Sharp, space: 'b-w' | 'srgb'): Promise<Sharp> {
  const { data, info } = await image
    .toColourspace(space)
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
  return sharp(data, { raw: info }).toColourspace(space)
}

async function scaledByPercentile(image: Sharp): Promise<Sharp> {
  const { data, info } = await image
    .removeAlpha()
    .toColourspace('grey16')
    .raw({ depth: 'float' })
    .toBuffer({ resolveWithObject: true })
  const all = new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4)
  const values = all.filter((_, i) => i % info.channels === 0)
  const sorted = values.filter(Number.isFinite).sort()
  const low = sorted[Math.floor(clipped * (sorted.length - 1))] ?? 0
  const high = sorted[Math.ceil((1 - clipped) * (sorted.length - 1))] ?? 0
  const bytes = Uint8Array.from(values, (value) =>
    high > low ? Math.round(255 * Math.min(1, Math.max(0, (value - low) / (high - low)))) || 0 : 0,
  )
  return sharp(bytes, { raw: { width: info.width, height: info.height, channels: 1 } })
}
