import {
  type AreaRange,
  countingFirst,
  type ImageClass,
  type Matches,
  matchDetections,
  truthIgnored,
} from './match-detections'

/** Overlap thresholds 0.5, 0.55 … 0.95, spaced as numpy spaces them. */
export const overlapThresholds: readonly number[] = Array.from({ length: 10 }, (_, i) =>
  i === 9 ? 0.95 : 0.5 + i * ((0.95 - 0.5) / 9),
)

/** Recalls 0, 0.01 … 1 at which precision is read off. */
export const recallPoints: readonly number[] = Array.from({ length: 101 }, (_, i) =>
  i === 100 ? 1 : i * 0.01,
)

/** One class in one area range with one limit of detections an image. */
export interface ClassCurve {
  /** Objects that count. */
  readonly objects: number
  /** Largest recall for each overlap threshold. */
  readonly recall: readonly number[]
  /** `precision[threshold][recall point]`: the best at this recall or a larger one. */
  readonly precision: readonly (readonly number[])[]
  /** `scores[threshold][recall point]`: the score at which the recall is reached; 0 where it never is. */
  readonly scores: readonly (readonly number[])[]
}

/** numpy's `spacing(1)`, which keeps 0/0 away. */
const epsilon = 2 ** -52

/**
 * Precision over recall of one class.
 * @param images The class's objects image by image, in the order of image ids (it decides between equal scores).
 * @param limits Detections an image that count; one curve for each.
 * @returns undefined where no object counts.
 */
export function classCurves(
  images: readonly ImageClass[],
  range: AreaRange,
  limits: readonly number[],
): (ClassCurve | undefined)[] {
  const matched = images.map((image) => {
    const order = countingFirst(image.truths, range)
    return overlapThresholds.map((threshold) => matchDetections(image, order, threshold, range))
  })
  const objects = images.reduce(
    (sum, { truths }) => sum + truths.filter((truth) => !truthIgnored(truth, range)).length,
    0,
  )
  return limits.map((limit) => (objects === 0 ? undefined : curve(images, matched, limit, objects)))
}

function curve(
  images: readonly ImageClass[],
  matched: readonly (readonly Matches[])[],
  limit: number,
  objects: number,
): ClassCurve {
  const ranked = images
    .flatMap(({ detections }, image) =>
      detections.slice(0, limit).map(({ score }, place) => ({ score, image, place })),
    )
    .sort((a, b) => b.score - a.score)
  const curves = overlapThresholds.map((_, t) => {
    const [recalls, precisions, scores]: [number[], number[], number[]] = [[], [], []]
    let [right, wrong] = [0, 0]
    for (const { score, image, place } of ranked) {
      const { found, ignored } = matched[image]![t]!
      if (!ignored[place]) found[place] ? right++ : wrong++
      recalls.push(right / objects)
      precisions.push(right / (right + wrong + epsilon))
      scores.push(score)
    }
    for (let i = precisions.length - 1; i > 0; i--)
      precisions[i - 1] = Math.max(precisions[i - 1]!, precisions[i]!)
    let at = 0
    const places = recallPoints.map((recall) => {
      while (at < recalls.length && recalls[at]! < recall) at++
      return at
    })
    return {
      recall: recalls.at(-1) ?? 0,
      precision: places.map((place) => precisions[place] ?? 0),
      scores: places.map((place) => scores[place] ?? 0),
    }
  })
  return {
    objects,
    recall: curves.map(({ recall }) => recall),
    precision: curves.map(({ precision }) => precision),
    scores: curves.map(({ scores }) => scores),
  }
}
