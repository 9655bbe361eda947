/** How good pseudo-labels are, before anyone trains on them. */
export interface LabelQuality {
  /** Share of pairs that count as positive. */
  readonly positiveRate: number
  /** Mean distance of a positive from its row's patch, in patches. */
  readonly distance: number
  /** Share of rows without any positive. */
  readonly emptyRows: number
  /** Share of positives (the patch itself left out) that share the row's class; with classes only. */
  readonly precision?: number
  /** The same share over all pairs: what chance scores. */
  readonly baseRate?: number
}

/**
 * @param labels 0 or 1: `[images, tokens, tokens]`.
 * @param classes Class of every patch, -1 = unknown: `[images, tokens]`.
 */
export function labelQuality(
  labels: Float32Array,
  grid: readonly [number, number],
  classes?: Int32Array,
): LabelQuality {
  const tokens = grid[0] * grid[1]
  const rows = labels.length / tokens
  let [positives, distance, empty, known, right, base, baseRight] = [0, 0, 0, 0, 0, 0, 0]
  for (let row = 0; row < rows; row++) {
    const [image, place] = [Math.floor(row / tokens), row % tokens]
    let own = 0
    for (let other = 0; other < tokens; other++) {
      const positive = labels[row * tokens + other]! > 0.5
      const [a, b] = [classes?.[row] ?? -1, classes?.[image * tokens + other] ?? -1]
      const comparable = other !== place && a >= 0 && b >= 0
      if (comparable) {
        base++
        baseRight += Number(a === b)
      }
      if (!positive) continue
      own++
      const down = Math.floor(other / grid[1]) - Math.floor(place / grid[1])
      distance += Math.hypot(down, (other % grid[1]) - (place % grid[1]))
      if (comparable) {
        known++
        right += Number(a === b)
      }
    }
    positives += own
    empty += Number(own === 0)
  }
  const quality = {
    positiveRate: positives / labels.length,
    distance: distance / Math.max(1, positives),
    emptyRows: empty / rows,
  }
  return classes
    ? { ...quality, precision: right / Math.max(1, known), baseRate: baseRight / Math.max(1, base) }
    : quality
}
