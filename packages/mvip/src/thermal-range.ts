/** Stored values of a thermal image that become 0 and 255, in the file's own units (counts, centikelvin, degrees). */
export type ThermalRange = readonly [low: number, high: number]

/** Share of the pixels that may be clipped at either end where no range is given. */
const clipped = 0.01

/** What is wrong with a range, in words; undefined where it is one. */
export function thermalRangeProblem(range: readonly number[]): string | undefined {
  const [low, high] = range
  const sound = range.length === 2 && range.every(Number.isFinite) && low! < high!
  return sound ? undefined : 'two numbers, the lower first, are wanted (7000,9000)'
}

/** The values' 1st and 99th percentile; what is no number does not count. */
function percentiles(values: Float32Array): ThermalRange {
  const sorted = values.filter(Number.isFinite).sort()
  const at = (place: number) => sorted[place] ?? 0
  return [at(Math.floor(clipped * (sorted.length - 1))), at(Math.ceil((1 - clipped) * (sorted.length - 1)))]
}

/**
 * Radiometric values as bytes: linear in between, clipped outside. NaN, and an image of one value, become 0.
 * @param range Default: the 1st and 99th percentile of the values, which a few dead or glowing pixels do not move.
 */
export function scaleToBytes(values: Float32Array, range: ThermalRange = percentiles(values)): Uint8Array {
  const [low, high] = range
  // Where most of an image is one value, both ends are: what is hotter is infinitely far above, and the value itself NaN.
  return Uint8Array.from(
    values,
    (value) => Math.round(255 * Math.min(1, Math.max(0, (value - low) / (high - low)))) || 0,
  )
}
