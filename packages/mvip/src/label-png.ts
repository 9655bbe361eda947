import { type DecodedPng, decode } from 'fast-png'
import { pixelLimit } from './open-image'

/**
 * Decodes a PNG of ids as it is stored: a palette's indices stay indices.
 * @throws Error naming the file: too many pixels, broken data.
 */
export function openLabelPng(file: string, bytes: Buffer): DecodedPng {
  // Width, height, depth and interlacing stand at fixed places behind the signature.
  if (bytes.length < 33) throw new Error(`${file}: a PNG cut off in its header`)
  const [width, height, depth] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20), bytes[24]!]
  if (width * height > pixelLimit)
    throw new Error(`${file}: ${width}×${height} pixels, more than ${pixelLimit} are refused`)
  if (bytes[28] !== 0 && depth < 8)
    throw new Error(`${file}: an interlaced PNG of ${depth} bits; store labels without interlacing`)
  try {
    return decode(bytes, { checkCrc: true })
  } catch (error) {
    throw new Error(`${file}: broken PNG (${(error as Error).message})`)
  }
}

export const oneChannel = (channels: number) =>
  `a label image has one channel of class ids, this has ${channels}`

/** The ids of a label map. @throws Error naming the file: not one channel, 16-bit ids beyond 255 */
export function labelIds(file: string, png: DecodedPng) {
  if (png.channels !== 1) throw new Error(`${file}: ${oneChannel(png.channels)}`)
  const { width, height, depth, data } = png
  const large = depth === 16 ? data.find((id) => id > 255) : undefined
  if (large !== undefined) throw new Error(`${file}: class id ${large}; ids from 0 to 255 can be used`)
  const values = wholeValues(png)
  return { height, width, ids: values instanceof Uint8Array ? values : Uint8Array.from(values) }
}

/** Values of one byte or two each: those of fewer bits lie several in a byte. */
export function wholeValues({ data, depth, width, height }: DecodedPng): Uint8Array | Uint16Array {
  if (depth >= 8) return data instanceof Uint16Array ? data : new Uint8Array(data)
  // Rows begin at whole bytes, the leftmost pixel in the highest bits.
  const [perByte, mask] = [8 / depth, 2 ** depth - 1]
  const rowBytes = Math.ceil(width / perByte)
  return Uint8Array.from({ length: width * height }, (_, i) => {
    const [y, x] = [Math.floor(i / width), i % width]
    const byte = data[y * rowBytes + Math.floor(x / perByte)]!
    return (byte >> (8 - depth * ((x % perByte) + 1))) & mask
  })
}
