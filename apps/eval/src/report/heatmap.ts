import sharp, { type OverlayOptions } from 'sharp'
import { asSource, type Pictured, plain } from './label-pictures'

/** Dark violet to yellow (inferno, five stops; the style sheet's legend has the same). */
const stops = [
  [0, 0, 4],
  [87, 16, 110],
  [188, 55, 84],
  [249, 142, 9],
  [252, 255, 164],
] as const

/** Side of a picture in pixels; shown at about this size. */
const side = 224

type Grid = readonly [rows: number, columns: number]

/** A patch to be framed. */
export interface Frame {
  readonly patch: number
  readonly colour?: string
}

const queryColour = '#35e0ff'

function colour(value: number): readonly [number, number, number] {
  const at = Math.min(0.9999, Math.max(0, value)) * (stops.length - 1)
  const [low, high, share] = [stops[Math.floor(at)]!, stops[Math.floor(at) + 1]!, at % 1]
  return [0, 1, 2].map((c) => Math.round(low[c]! + (high[c]! - low[c]!) * share)) as [number, number, number]
}

/** The image alone, with frames. */
export function framed(image: Pictured, grid: Grid, frames: readonly Frame[]): Promise<string> {
  return compose(image, [frameLayer(frames, grid)])
}

/** A map of values over the patches laid over the image, from its least to its 98th percentile. */
export async function overlay(
  image: Pictured,
  values: ArrayLike<number>,
  grid: Grid,
  frames: readonly Frame[],
): Promise<string> {
  const list = Array.from(values)
  const sorted = [...list].sort((a, b) => a - b)
  const [low, high] = [sorted[0]!, sorted[Math.floor(0.98 * (sorted.length - 1))]!]
  const heat = new Uint8Array(list.length * 4)
  list.forEach((value, i) => {
    const share = (value - low) / Math.max(high - low, 1e-12)
    heat.set([...colour(share), Math.round(110 + 110 * Math.min(1, Math.max(0, share)))], i * 4)
  })
  return compose(image, [await patchLayer(heat, grid, 'cubic'), frameLayer(frames, grid)])
}

/** The positives of a pseudo-label tinted, everything else darkened. */
export async function positives(
  image: Pictured,
  labels: ArrayLike<number>,
  grid: Grid,
  frames: readonly Frame[],
): Promise<string> {
  const tint = new Uint8Array(labels.length * 4)
  for (let i = 0; i < labels.length; i++)
    tint.set(labels[i]! > 0.5 ? [255, 196, 46, 120] : [8, 10, 20, 150], i * 4)
  return compose(image, [await patchLayer(tint, grid, 'nearest'), frameLayer(frames, grid)])
}

async function patchLayer(
  pixels: Uint8Array,
  [rows, columns]: Grid,
  kernel: 'cubic' | 'nearest',
): Promise<OverlayOptions> {
  const map = sharp(pixels, { raw: { width: columns, height: rows, channels: 4 } })
  return { input: await map.resize(side, side, { kernel, fit: 'fill' }).png().toBuffer() }
}

async function compose(image: Pictured, layers: OverlayOptions[]): Promise<string> {
  const picture = await plain(image, side, side)
  return asSource(await picture.composite(layers).webp({ quality: 82 }).toBuffer())
}

function frameLayer(frames: readonly Frame[], [rows, columns]: Grid): OverlayOptions {
  const [height, width] = [side / rows, side / columns]
  const rectangles = frames.map(({ patch, colour: stroke = queryColour }) => {
    const [x, y] = [(patch % columns) * width, Math.floor(patch / columns) * height]
    const shape = `x="${x}" y="${y}" width="${width}" height="${height}" fill="none"`
    return `<rect ${shape} stroke="#000" stroke-opacity=".55" stroke-width="5"/><rect ${shape} stroke="${stroke}" stroke-width="2.5"/>`
  })
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}">${rectangles.join('')}</svg>`
  return { input: Buffer.from(svg) }
}
