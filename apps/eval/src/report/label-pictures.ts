import sharp from 'sharp'
import { classColour } from './class-colours'

/** Longest side of a picture in a report. */
const side = 320

/** A label map of an image. */
export interface LabelMap {
  readonly labels: Uint8Array
  readonly height: number
  readonly width: number
}

/** Label of pixels that do not count: left uncoloured. */
const ignored = 255

/** The image with every class in its colour over it, at most `most` pixels a side. */
export async function labelOverlay(
  file: string,
  { labels, height, width }: LabelMap,
  most = side,
): Promise<Buffer> {
  const layer = new Uint8Array(labels.length * 4)
  labels.forEach((label, i) => {
    if (label !== ignored) layer.set([...classColour(label), 150], i * 4)
  })
  const share = Math.min(1, most / Math.max(height, width))
  const [toHeight, toWidth] = [height, width].map((length) => Math.max(1, Math.round(length * share))) as [
    number,
    number,
  ]
  const input = await sharp(layer, { raw: { width, height, channels: 4 } })
    .resize(toWidth, toHeight, { kernel: 'nearest', fit: 'fill' })
    .png()
    .toBuffer()
  return (await plain(file, toHeight, toWidth)).composite([{ input }]).webp({ quality: 85 }).toBuffer()
}

/** The image alone, as large as its overlay. */
export async function plainPicture(
  file: string,
  { height, width }: Omit<LabelMap, 'labels'>,
): Promise<Buffer> {
  const share = Math.min(1, side / Math.max(height, width))
  return (await plain(file, Math.round(height * share), Math.round(width * share)))
    .webp({ quality: 85 })
    .toBuffer()
}

/** Eight-bit sRGB: over a grey infrared image colours would otherwise turn grey. */
async function plain(file: string, height: number, width: number) {
  const base = sharp(file).rotate().removeAlpha().toColourspace('srgb')
  const png = await base.resize(width, height, { fit: 'fill' }).png().toBuffer()
  return sharp(png).toColourspace('srgb')
}

export const asSource = (webp: Buffer): string => `data:image/webp;base64,${webp.toString('base64')}`
