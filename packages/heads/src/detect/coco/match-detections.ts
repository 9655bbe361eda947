import type { CocoDetection, CocoTruth } from './coco-set'

/** One image's objects of one class. */
export interface ImageClass {
  /** In the file's order. */
  readonly truths: readonly CocoTruth[]
  /** By falling score, at most the largest number that counts. */
  readonly detections: readonly CocoDetection[]
  /** `overlaps[d][t]` */
  readonly overlaps: readonly (readonly number[])[]
}

/** What became of the detections at one overlap threshold. */
export interface Matches {
  /** Whether each detection found an object. */
  readonly found: readonly boolean[]
  /** Detections that count neither as right nor as wrong. */
  readonly ignored: readonly boolean[]
}

/** An area range in pixels, both ends included. */
export type AreaRange = readonly [least: number, most: number]

const outside = (area: number, [least, most]: AreaRange) => area < least || area > most

/** Objects that do not count in an area range: crowds, and those of other sizes. */
export const truthIgnored = ({ crowd, area }: CocoTruth, range: AreaRange): boolean =>
  crowd || outside(area, range)

/**
 * COCO's greedy matching: detections by falling score each take the object that they overlap most, at or above the
 * threshold, real objects before ignored ones; only crowds can be taken twice.
 * @param order Indices of the truths, those that count first (see `countingFirst`).
 */
export function matchDetections(
  { truths, detections, overlaps }: ImageClass,
  order: readonly number[],
  threshold: number,
  range: AreaRange,
): Matches {
  const taken = new Set<number>()
  const found: boolean[] = []
  const ignored: boolean[] = []
  const least = Math.min(threshold, 1 - 1e-10)
  for (const [d, detection] of detections.entries()) {
    let best = -1
    let overlap = least
    for (const t of order) {
      if (taken.has(t) && !truths[t]!.crowd) continue
      const optional = truthIgnored(truths[t]!, range)
      if (best >= 0 && optional && !truthIgnored(truths[best]!, range)) break
      const candidate = overlaps[d]![t]!
      if (candidate < overlap) continue
      overlap = candidate
      best = t
    }
    if (best >= 0) taken.add(best)
    found.push(best >= 0)
    ignored.push(best >= 0 ? truthIgnored(truths[best]!, range) : outside(detection.area, range))
  }
  return { found, ignored }
}

/** The truths' indices, those that count in the range before the others. */
export function countingFirst(truths: readonly CocoTruth[], range: AreaRange): number[] {
  const indices = [...truths.keys()]
  return [
    ...indices.filter((t) => !truthIgnored(truths[t]!, range)),
    ...indices.filter((t) => truthIgnored(truths[t]!, range)),
  ]
}
