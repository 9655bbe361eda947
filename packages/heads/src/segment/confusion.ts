/** Counts of pixels: row = true class, column = predicted class, `[classes, classes]` row by row. */
export interface Confusion {
  readonly classes: number
  /** Float64 holds whole numbers up to 2⁵³ exactly. */
  readonly counts: Float64Array
}

export const emptyConfusion = (classes: number): Confusion => ({
  classes,
  counts: new Float64Array(classes * classes),
})

/**
 * Adds the pixels of one image to `confusion`, which it changes.
 * @param truth Class of every pixel; `ignore` and what lies outside the classes do not count.
 * @param predicted Class of every pixel.
 * @throws RangeError where the two differ in length, or a prediction is no class.
 */
export function countPixels(
  { classes, counts }: Confusion,
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  ignore = 255,
): void {
  if (truth.length !== predicted.length)
    throw new RangeError(`confusion: ${truth.length} true and ${predicted.length} predicted pixels`)
  for (let i = 0; i < truth.length; i++) {
    const [label, answer] = [truth[i]!, predicted[i]!]
    if (label === ignore || label < 0 || label >= classes) continue
    if (!(answer >= 0 && answer < classes))
      throw new RangeError(`confusion: predicted class ${answer}, there are ${classes}`)
    counts[label * classes + answer]!++
  }
}

/** Sum of several counts. */
export function joinConfusions(parts: readonly Confusion[]): Confusion {
  const joined = emptyConfusion(parts[0]?.classes ?? 0)
  for (const { counts } of parts) {
    for (let i = 0; i < counts.length; i++) joined.counts[i]! += counts[i]!
  }
  return joined
}

/** mmsegmentation's figures; a class that cannot be judged is NaN and stays out of the means. */
export interface SegmentationScores {
  readonly mIoU: number
  readonly mAcc: number
  /** Share of all counted pixels that are right. */
  readonly aAcc: number
  /** Intersection over union of each class; NaN where neither truth nor prediction has it. */
  readonly iou: readonly number[]
  /** Share of each class's true pixels that were found; NaN where the truth has none. */
  readonly accuracy: readonly number[]
  /** True pixels of each class. */
  readonly pixels: readonly number[]
}

/** mIoU, mAcc, aAcc as mmsegmentation's `mean_iou` defines them: over all images together, NaN left out. */
export function segmentationScores({ classes, counts }: Confusion): SegmentationScores {
  const [right, truth, found] = [
    new Float64Array(classes),
    new Float64Array(classes),
    new Float64Array(classes),
  ]
  for (let label = 0; label < classes; label++) {
    for (let answer = 0; answer < classes; answer++) {
      const count = counts[label * classes + answer]!
      truth[label]! += count
      found[answer]! += count
      if (label === answer) right[label] = count
    }
  }
  const share = (part: number, whole: number) => (whole === 0 ? Number.NaN : part / whole)
  const iou = Array.from(right, (hits, k) => share(hits, truth[k]! + found[k]! - hits))
  const accuracy = Array.from(right, (hits, k) => share(hits, truth[k]!))
  const total = truth.reduce((sum, count) => sum + count, 0)
  return {
    mIoU: meanOf(iou),
    mAcc: meanOf(accuracy),
    aAcc: share(
      right.reduce((sum, count) => sum + count, 0),
      total,
    ),
    iou,
    accuracy,
    pixels: [...truth],
  }
}

function meanOf(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value))
  return known.length === 0 ? Number.NaN : known.reduce((sum, value) => sum + value, 0) / known.length
}
