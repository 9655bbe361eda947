import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import sharp, { type Sharp } from 'sharp'
import type { Modality } from './normalisation'
import { refusePipe } from './refuse-pipe'
import { scaleToBytes, type ThermalRange } from './thermal-range'

/** Images of more pixels than this are refused before they are decoded (decompression bombs). */
export const pixelLimit = 100_000_000

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
  /** Of infrared stored in more than 8 bits. Default: the image's own 1st and 99th percentile. */
  readonly thermalRange?: ThermalRange
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
 * @throws Error where the file is a pipe or a device, or ends before its range does.
 */
export function readImageBytes({ file, range }: ImageRef): Buffer {
  refusePipe(file)
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

/** What of a file is the image, and how its values are read. */
export type OpenOptions = Pick<ImageRef, 'channels' | 'thermalRange'>

/**
 * Opens an image safely: too many pixels and broken data are errors, EXIF rotation is applied, CMYK becomes sRGB.
 * Grey values of more than 8 bits (radiometric thermal) are scaled (`scaleToBytes`); in 16-bit colour the upper eight bits
 * are taken.
 * @param input A file's path or its bytes.
 * @throws Error of sharp's where it is no image or holds too many pixels, or where there is no alpha to take.
 */
export async function openImage(
  input: string | Buffer,
  modality: Modality,
  { channels = 'colour', thermalRange }: OpenOptions = {},
): Promise<OpenedImage> {
  if (typeof input === 'string') refusePipe(input)
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
  const wide = isWide(depth)
  if (channels === 'alpha') {
    if (!meta.hasAlpha) throw new Error(`has ${meta.channels} channels; infrared is wanted as alpha`)
    const alpha = upright.extractChannel('alpha')
    if (!wide) return { ...opened, pipeline: await reopened(alpha, 'b-w') }
    return { ...opened, pipeline: (await scaled(alpha, depth, thermalRange)).toColourspace('b-w') }
  }
  const space = modality === 'ir' ? 'b-w' : 'srgb'
  if (wide && (modality === 'ir' || meta.channels < 3)) {
    // Of several channels only those of 16 bits have a luminance; elsewhere they are copies of one.
    const grey = meta.channels > 2 && depth !== 'ushort' ? upright.extractChannel(0) : upright.removeAlpha()
    const range = modality === 'ir' ? thermalRange : undefined
    return { ...opened, pipeline: (await scaled(grey, depth, range)).toColourspace(space) }
  }
  // Resizing multiplies colours by alpha and divides again; where alpha is no opacity that loses colour.
  if (meta.hasAlpha) return { ...opened, pipeline: await reopened(upright.removeAlpha(), space) }
  return { ...opened, pipeline: upright.toColourspace(space) }
}

/** Whether channels are stored in other than plain bytes. */
export const isWide = (depth: string): boolean => depth !== 'uchar'

async function reopened(image: Sharp, space: 'b-w' | 'srgb'): Promise<Sharp> {
  const { data, info } = await image
    .toColourspace(space)
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
  return sharp(data, { raw: info }).toColourspace(space)
}

/** Half of the 16-bit values: where signed ones are moved to, as libvips cuts negative values off. */
const signedOffset = 32768

async function scaled(image: Sharp, depth: string, range: ThermalRange | undefined): Promise<Sharp> {
  const signed = depth === 'short'
  // libvips takes `b-w` to be of 8 bits and `grey16` of 16: only the one that a file has leaves its values alone.
  const grey = (signed ? image.linear(1, signedOffset) : image).toColourspace(
    signed || depth === 'ushort' ? 'grey16' : 'b-w',
  )
  const { data, info } = await grey.raw({ depth: 'float' }).toBuffer({ resolveWithObject: true })
  const all = new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4)
  const offset = signed ? signedOffset : 0
  const values = new Float32Array(info.width * info.height)
  for (let i = 0; i < values.length; i++) values[i] = all[i * info.channels]! - offset
  return sharp(scaleToBytes(values, range), { raw: { width: info.width, height: info.height, channels: 1 } })
}
