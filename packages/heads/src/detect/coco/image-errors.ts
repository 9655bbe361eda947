import type { CocoDetection, CocoTruth } from './coco-set'
import { countingFirst, matchDetections } from './match-detections'
import { boxOverlap } from './overlaps'

/** What a detector got right and wrong in one image. */
export interface ImageErrors {
  readonly found: readonly CocoDetection[]
  /** Detections that are no object. */
  readonly wrong: readonly CocoDetection[]
  /** Objects that were not found, crowds left out. */
  readonly missed: number
  /** Objects to find. */
  readonly objects: number
}

const everything = [0, 1e10] as const

/**
 * COCO's matching at one overlap and one score, class by class.
 * @param truths The image's objects. @param detections The image's detections.
 */
export function imageErrors(
  truths: readonly CocoTruth[],
  detections: readonly CocoDetection[],
  { overlap = 0.5, score = 0.5 }: { readonly overlap?: number; readonly score?: number } = {},
): ImageErrors {
  const found: CocoDetection[] = []
  const wrong: CocoDetection[] = []
  const shown = detections.filter((detection) => detection.score >= score).sort((a, b) => b.score - a.score)
  for (const category of new Set(shown.map((detection) => detection.category))) {
    const own = truths.filter((truth) => truth.category === category)
    const given = shown.filter((detection) => detection.category === category)
    const overlaps = given.map(({ box }) => own.map((truth) => boxOverlap(box, truth.box, truth.crowd)))
    const group = { truths: own, detections: given, overlaps }
    const matches = matchDetections(group, countingFirst(own, everything), overlap, everything)
    given.forEach((detection, i) => {
      if (matches.ignored[i]) return
      ;(matches.found[i] ? found : wrong).push(detection)
    })
  }
  const objects = truths.filter(({ crowd }) => !crowd).length
  return { found, wrong, missed: objects - found.length, objects }
}
