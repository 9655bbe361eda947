import sharp, { type OverlayOptions } from 'sharp'

/** Dark violet to yellow (inferno, five stops). */
const stops = [
  [0, 0, 4],
  [87, 16, 110],
  [188, 55, 84],
  [249, 142, 9],
  [252, 255, 164],
] as const

function colour(value: number): readonly [number, number, number] {
  const at = Math.min(0.9999, Math.max(0, value)) * (stops.length - 1)
  const [low, high, share] = [stops[Math.floor(at)]!, stops[Math.floor(at) + 1]!, at % 1]
  return [0, 1, 2].map((c) => Math.round(low[c]! + (high[c]! - low[c]!) * share)) as [number, number, number]
}

/** An image with a map of its patches laid over it, and a frame around the chosen patch, as PNG data URI. */
export async function overlay(
  file: string,
  values: ArrayLike<number>,
  grid: readonly [number, number],
  chosen: number | undefined,
  side = 224,
): Promise<string> {
  const list = Array.from(values)
  const sorted = [...list].sort((a, b) => a - b)
  const [low, high] = [sorted[0]!, sorted[Math.floor(0.98 * (sorted.length - 1))]!]
  const [rows, columns] = grid
  const heat = new Uint8Array(rows * columns * 4)
  list.forEach((value, i) => {
    const share = (value - low) / Math.max(high - low, 1e-12)
    heat.set([...colour(share), Math.round(90 + 120 * Math.min(1, Math.max(0, share)))], i * 4)
  })
  const map = await sharp(heat, { raw: { width: columns, height: rows, channels: 4 } })
    .resize(side, side, { kernel: 'cubic', fit: 'fill' })
    .png()
    .toBuffer()
  const layers: OverlayOptions[] = [{ input: map }]
  if (chosen !== undefined) layers.push({ input: frame(chosen, grid, side) })
  const image = await sharp(file)
    .toColourspace('srgb')
    .resize(side, side, { fit: 'fill' })
    .removeAlpha()
    .composite(layers)
    .png()
    .toBuffer()
  return dataUri(image)
}

/** The image alone, with the frame. */
export async function framed(
  file: string,
  grid: readonly [number, number],
  chosen: number,
  side = 224,
): Promise<string> {
  const image = await sharp(file)
    .toColourspace('srgb')
    .resize(side, side, { fit: 'fill' })
    .removeAlpha()
    .composite([{ input: frame(chosen, grid, side) }])
    .png()
    .toBuffer()
  return dataUri(image)
}

const dataUri = (png: Buffer): string => `data:image/png;base64,${png.toString('base64')}`

function frame(chosen: number, [rows, columns]: readonly [number, number], side: number): Buffer {
  const [height, width] = [side / rows, side / columns]
  const [x, y] = [(chosen % columns) * width, Math.floor(chosen / columns) * height]
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}"><rect x="${x}" y="${y}" width="${width}" height="${height}" fill="none" stroke="#35e0ff" stroke-width="3"/></svg>`,
  )
}
