import type { CocoDetection, CocoTruth, CocoTruthSet } from './coco-set'
import type { AreaRange, ImageClass } from './match-detections'
import { boxOverlap, maskOverlap } from './overlaps'
import { type ClassCurve, classCurves } from './precision-recall'
import type { OverlapKind } from './read-coco'

/** COCO's twelve figures; -1 where no object counts. */
export interface CocoStats {
  /** Mean over overlaps 0.5:0.05:0.95, classes and 101 recalls; 100 detections an image. */
  readonly AP: number
  readonly AP50: number
  readonly AP75: number
  /** Objects below 32², up to 96², above. */
  readonly APs: number
  readonly APm: number
  readonly APl: number
  /** Recall with 1, 10, 100 detections an image and class. */
  readonly AR1: number
  readonly AR10: number
  readonly AR100: number
  readonly ARs: number
  readonly ARm: number
  readonly ARl: number
}

/** One class over all areas with 100 detections an image. */
export interface ClassResult {
  readonly name: string
  readonly objects: number
  readonly detections: number
  /** -1 where the class has no object. */
  readonly AP: number
  readonly AP50: number
  /** Precision at recalls 0, 0.01 … 1 for an overlap of 0.5; absent without objects. */
  readonly curve50?: readonly number[]
}

export interface CocoResult {
  readonly stats: CocoStats
  readonly classes: readonly ClassResult[]
}

const ranges = {
  all: [0, 1e10],
  small: [0, 32 ** 2],
  medium: [32 ** 2, 96 ** 2],
  large: [96 ** 2, 1e10],
} as const satisfies Record<string, AreaRange>

const limits = [1, 10, 100] as const
const most = limits[2]

/**
 * COCO's average precision and recall, equal to pycocotools' figures. One deviation: an annotation whose id is 0 can
 * be found here; the reference takes 0 for "nothing found" and counts its detection as wrong.
 * @param kind Overlap of boxes, or of masks (which both sides must then have).
 */
export function evaluateCoco(
  { images, categories, truths }: CocoTruthSet,
  detections: readonly CocoDetection[],
  kind: OverlapKind = 'box',
): CocoResult {
  const imageIds = images.map(({ id }) => id).sort((a, b) => a - b)
  const truthsOf = grouped(truths)
  const detectionsOf = grouped(detections)
  const classes = [...categories]
    .sort((a, b) => a.id - b.id)
    .map(({ id, name }) => {
      const groups = imageIds.flatMap((image) => {
        const key = `${image}/${id}`
        const [objects, found] = [truthsOf.get(key) ?? [], detectionsOf.get(key) ?? []]
        return objects.length + found.length > 0 ? [imageClass(objects, found, kind)] : []
      })
      const curves = Object.fromEntries(
        Object.entries(ranges).map(([range, bounds]) => [range, classCurves(groups, bounds, limits)]),
      ) as Record<keyof typeof ranges, (ClassCurve | undefined)[]>
      return { name, curves, detections: groups.reduce((sum, group) => sum + group.detections.length, 0) }
    })

  const pick = (range: keyof typeof ranges, limit: number) =>
    classes.map(({ curves }) => curves[range][limits.indexOf(limit as 100)])
  const precision = (range: keyof typeof ranges, threshold?: number) =>
    meanPrecision(pick(range, most), threshold)
  const recall = (range: keyof typeof ranges, limit: number) =>
    mean(pick(range, limit).flatMap((curve) => curve?.recall ?? []))
  return {
    stats: {
      AP: precision('all'),
      AP50: precision('all', 0),
      AP75: precision('all', 5),
      APs: precision('small'),
      APm: precision('medium'),
      APl: precision('large'),
      AR1: recall('all', 1),
      AR10: recall('all', 10),
      AR100: recall('all', most),
      ARs: recall('small', most),
      ARm: recall('medium', most),
      ARl: recall('large', most),
    },
    classes: classes.map(({ name, curves, detections: count }) => {
      const curve = curves.all[limits.indexOf(most)]
      return {
        name,
        objects: curve?.objects ?? 0,
        detections: count,
        AP: meanPrecision([curve]),
        AP50: meanPrecision([curve], 0),
        curve50: curve?.precision[0],
      }
    }),
  }
}

function grouped<T extends { readonly image: number; readonly category: number }>(
  items: readonly T[],
): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = `${item.image}/${item.category}`
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}

function imageClass(
  truths: readonly CocoTruth[],
  found: readonly CocoDetection[],
  kind: OverlapKind,
): ImageClass {
  const detections = [...found].sort((a, b) => b.score - a.score).slice(0, most)
  const overlap = (detection: CocoDetection, truth: CocoTruth) =>
    kind === 'box'
      ? boxOverlap(detection.box, truth.box, truth.crowd)
      : maskOverlap(detection.mask!, truth.mask!, truth.crowd)
  return { truths, detections, overlaps: detections.map((d) => truths.map((t) => overlap(d, t))) }
}

/** @param threshold Index of one overlap; absent: all ten. */
function meanPrecision(curves: readonly (ClassCurve | undefined)[], threshold?: number): number {
  return mean(
    curves.flatMap((curve) =>
      curve ? (threshold === undefined ? curve.precision.flat() : curve.precision[threshold]!) : [],
    ),
  )
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? -1 : values.reduce((sum, value) => sum + value, 0) / values.length
