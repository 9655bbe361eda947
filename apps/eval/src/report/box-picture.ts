import type { DetectionScene, ImageRef, Modality } from '@univ/mvip'
import { escapeHtml } from '@univ/report'
import { plain } from './label-pictures'

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
  shown: { readonly image: ImageRef; readonly modality: Modality },
  { width, height }: Pick<DetectionScene, 'width' | 'height'>,
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
  const image = await plain(shown, shownHeight, shownWidth)
  const picture = await image
    .composite([{ input: Buffer.from(svg) }])
    .webp({ quality: 80 })
    .toBuffer()
  return `data:image/webp;base64,${picture.toString('base64')}`
}
