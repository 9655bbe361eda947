import type { Bytes } from './effects'

/** Fixed-point fraction of the weights: 8 bits of a pixel and two of overshoot stay free of 32. */
const fraction = 22
const half = 1 << (fraction - 1)

/** Keys' cubic with a = -1/2 (Catmull-Rom), the "bicubic" of Pillow and libvips. */
function cubic(distance: number): number {
  const x = Math.abs(distance)
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
}

/** First of the neighbouring pixels that each pixel of the new line is mixed of, and their weights. */
interface Taps {
  /** Weights a pixel; at least four. */
  readonly count: number
  readonly first: Int32Array
  /** `count` a pixel; 0 for those beyond the line or the cubic's reach. */
  readonly weights: Int32Array
}

/** Centres of pixels lie at halves, as in Pillow, torchvision's antialiased resize and OpenCV; reducing widens the cubic. */
function tapsOf(from: number, to: number): Taps {
  const scale = from / to
  const stretch = Math.max(1, scale)
  const lowest = (centre: number) => Math.max(0, Math.floor(centre - 2 * stretch + 0.5))
  const highest = (centre: number) => Math.min(from, Math.floor(centre + 2 * stretch + 0.5))
  let count = 4
  for (let i = 0; i < to; i++) count = Math.max(count, highest((i + 0.5) * scale) - lowest((i + 0.5) * scale))
  const first = new Int32Array(to)
  const weights = new Int32Array(count * to)
  const shares = new Float64Array(count)
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale
    const low = lowest(centre)
    const many = highest(centre) - low
    first[i] = Math.max(0, Math.min(low, from - count))
    let sum = 0
    for (let k = 0; k < many; k++) sum += shares[k] = cubic((low + k + 0.5 - centre) / stretch)
    for (let k = 0; k < many; k++) {
      const scaled = (shares[k]! / sum) * (1 << fraction)
      weights[count * i + low + k - first[i]!] = Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
    }
  }
  return { count, first, weights }
}

/** Every line anew, of one channel: four taps a turn, then what is left. */
function acrossGrey(
  bytes: Uint8Array,
  width: number,
  { count, first, weights }: Taps,
  to: Uint8ClampedArray,
): void {
  let at = 0
  for (let row = 0; at < to.length; row += width) {
    for (let x = 0; x < first.length; x++) {
      let from = row + first[x]!
      let k = x * count
      const end = k + count
      let sum = half
      for (; k + 4 <= end; k += 4, from += 4)
        sum =
          (sum +
            Math.imul(weights[k]!, bytes[from]!) +
            Math.imul(weights[k + 1]!, bytes[from + 1]!) +
            Math.imul(weights[k + 2]!, bytes[from + 2]!) +
            Math.imul(weights[k + 3]!, bytes[from + 3]!)) |
          0
      for (; k < end; k++, from++) sum = (sum + Math.imul(weights[k]!, bytes[from]!)) | 0
      to[at++] = sum >> fraction
    }
  }
}

/** The same of three channels at once, which share their weights. */
function acrossColour(
  bytes: Uint8Array,
  width: number,
  { count, first, weights }: Taps,
  to: Uint8ClampedArray,
): void {
  let at = 0
  for (let row = 0; at < to.length; row += 3 * width) {
    for (let x = 0; x < first.length; x++) {
      let from = row + 3 * first[x]!
      let [red, green, blue] = [half, half, half]
      for (let k = x * count; k < (x + 1) * count; k++, from += 3) {
        const weight = weights[k]!
        red = (red + Math.imul(weight, bytes[from]!)) | 0
        green = (green + Math.imul(weight, bytes[from + 1]!)) | 0
        blue = (blue + Math.imul(weight, bytes[from + 2]!)) | 0
      }
      to[at] = red >> fraction
      to[at + 1] = green >> fraction
      to[at + 2] = blue >> fraction
      at += 3
    }
  }
}

/** Every column anew, of four lines each: what is enlarged. */
function downFour(bytes: Uint8Array, line: number, { first, weights }: Taps, to: Uint8ClampedArray): void {
  for (let at = 0, k = 0; k < weights.length; k += 4) {
    const [a, b, c, d] = [weights[k]!, weights[k + 1]!, weights[k + 2]!, weights[k + 3]!]
    let from = first[k / 4]! * line
    for (const end = from + line; from < end; from++) {
      const sum =
        Math.imul(a, bytes[from]!) +
        Math.imul(b, bytes[from + line]!) +
        Math.imul(c, bytes[from + 2 * line]!) +
        Math.imul(d, bytes[from + 3 * line]!)
      to[at++] = ((sum + half) | 0) >> fraction
    }
  }
}

/** Every column anew, of any number of lines: whole lines are added up, four a turn, then what is left. */
function down(bytes: Uint8Array, line: number, { count, first, weights }: Taps, to: Uint8ClampedArray): void {
  const sums = new Int32Array(line)
  for (let y = 0; y < first.length; y++) {
    sums.fill(half)
    let row = first[y]! * line
    let k = y * count
    const end = k + count
    for (; k + 4 <= end; k += 4, row += 4 * line) {
      const [a, b, c, d] = [weights[k]!, weights[k + 1]!, weights[k + 2]!, weights[k + 3]!]
      for (let x = 0, from = row; x < line; x++, from++)
        sums[x] =
          sums[x]! +
          Math.imul(a, bytes[from]!) +
          Math.imul(b, bytes[from + line]!) +
          Math.imul(c, bytes[from + 2 * line]!) +
          Math.imul(d, bytes[from + 3 * line]!)
    }
    for (; k < end; k++, row += line) {
      const weight = weights[k]!
      for (let x = 0; x < line; x++) sums[x] = sums[x]! + Math.imul(weight, bytes[row + x]!)
    }
    for (let x = 0; x < line; x++) to[y * line + x] = sums[x]! >> fraction
  }
}

/**
 * Resizes bicubically, with antialiasing where it reduces, byte for byte as Pillow does. For small images: faster than the
 * start of libvips' pipeline, which besides moves what it enlarges by up to half a pixel.
 * @param image One channel or three.
 * @param size Height and width; a side that is as wanted is not resampled.
 */
export function resample(image: Bytes, [height, width]: readonly [number, number]): Bytes {
  const { channels } = image
  let { bytes } = image
  const line = width * channels
  if (width !== image.width) {
    const wide = new Uint8ClampedArray(image.height * line)
    const across = channels === 1 ? acrossGrey : acrossColour
    across(bytes, image.width, tapsOf(image.width, width), wide)
    bytes = new Uint8Array(wide.buffer)
  }
  if (height === image.height) return width === image.width ? image : { bytes, height, width, channels }
  const high = new Uint8ClampedArray(height * line)
  const taps = tapsOf(image.height, height)
  ;(taps.count === 4 ? downFour : down)(bytes, line, taps, high)
  return { bytes: new Uint8Array(high.buffer), height, width, channels }
}
