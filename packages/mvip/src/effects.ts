import sharp from 'sharp'
import { randomStream } from './random'

/** What happens to an image after it is cut and resized; what is left out does not happen. */
export interface Effects {
  /** Degrees, clockwise. */
  readonly rotation?: number
  /** 2 = twice as large. */
  readonly scale?: number
  /** Deviation of a Gaussian blur in pixels. */
  readonly blur?: number
  /** Factor of the distance from middle grey. */
  readonly contrast?: number
  /** Added, as a share of white. */
  readonly brightness?: number
  /** Exponent of values in [0, 1]. */
  readonly gamma?: number
  /** Black becomes white: thermal cameras show either as hot. */
  readonly invert?: boolean
  /** Deviation of added noise, 0-255, and the stream that it is drawn from. */
  readonly noise?: { readonly deviation: number; readonly stream: number }
  /** The image becomes its normalisation's mean in a batch: zeros for the network. */
  readonly blank?: boolean
}

/** Interleaved bytes: `[height, width, channels]`. */
export interface Bytes {
  readonly bytes: Uint8Array
  readonly height: number
  readonly width: number
  readonly channels: number
}

/** A place before the first or behind the last pixel is seen as in a mirror. */
function mirrored(place: number, length: number): number {
  const period = 2 * length - 2
  if (period === 0) return 0
  const folded = ((place % period) + period) % period
  return folded < length ? folded : period - folded
}

/** Turns and scales about the middle, bilinearly; what comes in from outside is mirrored. */
export function turned({ bytes, height, width, channels }: Bytes, rotation: number, scale: number): Bytes {
  const out = new Uint8Array(bytes.length)
  const radians = (rotation * Math.PI) / 180
  const [cos, sin] = [Math.cos(radians) / scale, Math.sin(radians) / scale]
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [right, down] = [x - middleX, y - middleY]
      const [fromX, fromY] = [middleX + cos * right + sin * down, middleY - sin * right + cos * down]
      const [left, top] = [Math.floor(fromX), Math.floor(fromY)]
      const [u, v] = [fromX - left, fromY - top]
      const [x0, x1] = [mirrored(left, width), mirrored(left + 1, width)]
      const [y0, y1] = [mirrored(top, height) * width, mirrored(top + 1, height) * width]
      for (let c = 0; c < channels; c++) {
        const at = (place: number) => bytes[place * channels + c]!
        const above = at(y0 + x0) * (1 - u) + at(y0 + x1) * u
        const under = at(y1 + x0) * (1 - u) + at(y1 + x1) * u
        out[(y * width + x) * channels + c] = Math.round(above * (1 - v) + under * v)
      }
    }
  }
  return { bytes: out, height, width, channels }
}

/** New value of every grey value. */
export function toneTable({ contrast = 1, brightness = 0, gamma = 1, invert = false }: Effects): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, value) => {
    const toned = Math.min(1, Math.max(0, (value / 255 - 0.5) * contrast + 0.5 + brightness)) ** gamma
    return Math.round(255 * (invert ? 1 - toned : toned))
  })
}

/** Applies the effects in the order of their list; the image that comes in is not changed. */
export async function applyEffects(image: Bytes, effects: Effects): Promise<Bytes> {
  const { rotation = 0, scale = 1, blur = 0, noise } = effects
  let shown = rotation !== 0 || scale !== 1 ? turned(image, rotation, scale) : image
  const { height, width } = shown
  const channels = shown.channels as 1 | 2 | 3 | 4
  if (blur >= 0.3) {
    // libvips blurs from 0.3 on: less is no blur that a pixel could show.
    const blurred = sharp(shown.bytes, { raw: { height, width, channels } }).blur(blur)
    const bytes = await blurred
      .toColourspace(channels < 3 ? 'b-w' : 'srgb')
      .raw()
      .toBuffer()
    shown = { ...shown, bytes }
  }
  const table = toneTable(effects)
  const random = noise ? randomStream('noise', noise.stream) : undefined
  // Three uniforms: variance 1/4, near enough to a normal distribution and without its tails.
  const grain = () => 2 * (random!() + random!() + random!() - 1.5)
  const bytes = shown.bytes.map((value) => {
    const toned = table[value]!
    return noise ? Math.min(255, Math.max(0, Math.round(toned + noise.deviation * grain()))) : toned
  })
  return { ...shown, bytes }
}
