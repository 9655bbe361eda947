import { type ImageRef, loadImage, type Modality } from '@univ/mvip'
import sharp, { type Sharp } from 'sharp'
import { classColour, uncolouredClasses } from './class-colours'

/** Longest side of a picture in a report. */
const side = 320

/** An image to be shown. */
export interface Pictured {
  readonly image: string | ImageRef
  readonly modality: Modality
}

/** A label map of an image. */
export interface LabelMap {
  readonly labels: Uint8Array
  readonly height: number
  readonly width: number
}

/** Label of pixels that do not count: left uncoloured. */
const ignored = 255

/** The image with every class in its colour over it, but for `uncolouredClasses(names)`, at most `most` pixels a side. */
export async function labelOverlay(
  pictured: Pictured,
  { labels, height, width }: LabelMap,
  { names, most = side }: { readonly names: readonly string[]; readonly most?: number },
): Promise<Buffer> {
  const clear = new Set([ignored, ...uncolouredClasses(names)])
  const layer = new Uint8Array(labels.length * 4)
  labels.forEach((label, i) => {
    if (!clear.has(label)) layer.set([...classColour(label), 150], i * 4)
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
  return (await plain(pictured, toHeight, toWidth)).composite([{ input }]).webp({ quality: 85 }).toBuffer()
}

/** The image alone, as large as its overlay. */
export async function plainPicture(
  pictured: Pictured,
  { height, width }: Omit<LabelMap, 'labels'>,
): Promise<Buffer> {
  const share = Math.min(1, side / Math.max(height, width))
  return (await plain(pictured, Math.round(height * share), Math.round(width * share)))
    .webp({ quality: 85 })
    .toBuffer()
}

/** As three channels of bytes: over a grey infrared image colours would otherwise turn grey. */
export async function plain({ image, modality }: Pictured, height: number, width: number): Promise<Sharp> {
  const size = [height, width] as const
  const { data } = await loadImage(image, { modality, size, normalisation: shares })
  const bytes = Uint8Array.from(data, (share) => Math.round(255 * share))
  return sharp(bytes, { raw: { width, height, channels: 3 } }).toColourspace('srgb')
}

/** Pixels from 0 to 1. */
const shares = { mean: [0, 0, 0], std: [1, 1, 1] }

export const asSource = (webp: Buffer): string => `data:image/webp;base64,${webp.toString('base64')}`
