import FFT from 'fft.js'

/** How two maps lie on each other best. */
export interface Correlation {
  /** How far the second lies to the right of the first, in pixels of the maps. */
  readonly dx: number
  /** How far it lies below. */
  readonly dy: number
  /** Height of the peak above the mean of all shifts tried, in their standard deviations. */
  readonly score: number
}

/** Falls to 1/√e at this share of the sampling rate: finer detail is noise, and differs between the sensors. */
const lowPass = 0.16
/** Exponent of the spectrum's magnitude: 1 = pure phase (noise counts as much as edges), 0 = plain correlation. */
const whitening = 0.5
/** Shifts tried, as a share of the side. */
const reach = 0.19

/** One 2-D transform, rows then columns, in place. */
function transform(re: Float64Array, im: Float64Array, side: number, inverse: boolean): void {
  const fft = new FFT(side)
  const [line, out] = [fft.createComplexArray(), fft.createComplexArray()]
  for (const [along, across] of [
    [1, side],
    [side, 1],
  ] as const) {
    for (let i = 0; i < side; i++) {
      for (let j = 0; j < side; j++) {
        line[2 * j] = re[i * across + j * along]!
        line[2 * j + 1] = im[i * across + j * along]!
      }
      if (inverse) fft.inverseTransform(out, line)
      else fft.transform(out, line)
      for (let j = 0; j < side; j++) {
        re[i * across + j * along] = out[2 * j]!
        im[i * across + j * along] = out[2 * j + 1]!
      }
    }
  }
}

/** Cross-power spectrum of two real maps, weighted; one transform serves both (first + i·second). */
function crossSpectrum(first: Float64Array, second: Float64Array, side: number) {
  const [re, im] = [Float64Array.from(first), Float64Array.from(second)]
  transform(re, im, side, false)
  const [crossRe, crossIm] = [new Float64Array(side * side), new Float64Array(side * side)]
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const k = y * side + x
      const m = ((side - y) % side) * side + ((side - x) % side) // the mirrored frequency
      const [aRe, aIm] = [(re[k]! + re[m]!) / 2, (im[k]! - im[m]!) / 2]
      const [bRe, bIm] = [(im[k]! + im[m]!) / 2, (re[m]! - re[k]!) / 2]
      const [fy, fx] = [(y < side / 2 ? y : y - side) / side, (x < side / 2 ? x : x - side) / side]
      const [cRe, cIm] = [bRe * aRe + bIm * aIm, bIm * aRe - bRe * aIm]
      const magnitude = Math.hypot(cRe, cIm)
      if (magnitude === 0) continue
      const weight = Math.exp(-(fy * fy + fx * fx) / (2 * lowPass ** 2)) / magnitude ** whitening
      crossRe[k] = weight * cRe
      crossIm[k] = weight * cIm
    }
  }
  return { crossRe, crossIm }
}

/** Place of a parabola's top through three values, -0.5 … 0.5. */
function vertex(before: number, top: number, after: number): number {
  const bend = before - 2 * top + after
  return bend === 0 ? 0 : Math.max(-0.5, Math.min(0.5, (before - after) / (2 * bend)))
}

/**
 * Shift between two maps by phase correlation (Kuglin and Hines 1975), half whitened and low-passed; the peak to a
 * fraction of a pixel by a parabola.
 * @param first `[side, side]`, zero-mean
 * @param second `[side, side]`, zero-mean
 * @param side A power of two.
 */
export function phaseCorrelation(first: Float64Array, second: Float64Array, side: number): Correlation {
  const { crossRe, crossIm } = crossSpectrum(first, second, side)
  transform(crossRe, crossIm, side, true)
  const at = (dy: number, dx: number) => crossRe[((dy + side) % side) * side + ((dx + side) % side)]!
  const most = Math.floor(reach * side)
  let [best, dy, dx, sum, squares, count] = [Number.NEGATIVE_INFINITY, 0, 0, 0, 0, 0]
  for (let y = -most; y <= most; y++) {
    for (let x = -most; x <= most; x++) {
      const value = at(y, x)
      sum += value
      squares += value * value
      count++
      if (value > best) [best, dy, dx] = [value, y, x]
    }
  }
  const mean = sum / count
  const deviation = Math.sqrt(Math.max(0, squares / count - mean * mean))
  return {
    dx: dx + vertex(at(dy, dx - 1), best, at(dy, dx + 1)),
    dy: dy + vertex(at(dy - 1, dx), best, at(dy + 1, dx)),
    score: deviation > 0 ? (best - mean) / deviation : 0,
  }
}
