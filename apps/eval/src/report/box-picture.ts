import type { DetectionScene } from '@univ/mvip'
import { escapeHtml } from '@univ/report'
import sharp from 'sharp'

/** A box to be drawn, `[x, y, width, height]` in pixels of the image. */
export interface DrawnBox {
  readonly box: readonly [x: number, y: number, width: number, height: number]
  readonly colour: string
  readonly text?: string
  readonly dashed?: boolean
}

/** Width of a picture in pixels; shown at about this size. */
const shownWidth = 360

/** An image with boxes, as a data URI. */
export async function boxPicture(
  file: string,
  { width, height, crop }: Pick<DetectionScene, 'width' | 'height' | 'crop'>,
  boxes: readonly DrawnBox[],
): Promise<string> {
  const scale = shownWidth / width
  const shownHeight = Math.max(1, Math.round(height * scale))
  const shapes = boxes.map(({ box, colour, text, dashed }) => {
    const [x, y, w, h] = box.map((side) => (side * scale).toFixed(1))
    const frame = `x="${x}" y="${y}" width="${w}" height="${h}" fill="none"`
    const label = text
      ? `<text x="${x}" y="${Math.max(9, Number(y) - 2)}" font-family="sans-serif" font-size="9" fill="${colour}" stroke="#000" stroke-width="2" paint-order="stroke">${escapeHtml(text)}</text>`
      : ''
    const dash = dashed ? ' stroke-dasharray="4 3"' : ''
    return `<rect ${frame} stroke="#000" stroke-opacity=".5" stroke-width="3.5"/><rect ${frame} stroke="${colour}" stroke-width="1.8"${dash}/>${label}`
  })
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${shownWidth}" height="${shownHeight}">${shapes.join('')}</svg>`
  // Composed on eight-bit sRGB: a grey infrared image would otherwise make the colours grey.
  const upright = sharp(file).rotate()
  const base = await (crop ? upright.extract(crop) : upright)
    .removeAlpha()
    .toColourspace('srgb')
    .resize(shownWidth, shownHeight, { fit: 'fill' })
    .png()
    .toBuffer()
  const picture = await sharp(base)
    .toColourspace('srgb')
    .composite([{ input: Buffer.from(svg) }])
    .webp({ quality: 80 })
    .toBuffer()
  return `data:image/webp;base64,${picture.toString('base64')}`
}
