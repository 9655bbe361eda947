import { commonArea, maskArea, type RunLengths } from './run-lengths'

/** `[x, y, width, height]` in pixels. */
export type CocoBox = readonly [x: number, y: number, width: number, height: number]

/**
 * Intersection over union; over the detection's own area where the truth is a crowd, which may hold many objects.
 */
export function boxOverlap(detection: CocoBox, truth: CocoBox, crowd: boolean): number {
  const width = Math.min(detection[0] + detection[2], truth[0] + truth[2]) - Math.max(detection[0], truth[0])
  if (width <= 0) return 0
  const height = Math.min(detection[1] + detection[3], truth[1] + truth[3]) - Math.max(detection[1], truth[1])
  if (height <= 0) return 0
  const [common, own] = [width * height, detection[2] * detection[3]]
  return common / (crowd ? own : own + truth[2] * truth[3] - common)
}

/** The same of two masks of one image. */
export function maskOverlap(detection: RunLengths, truth: RunLengths, crowd: boolean): number {
  const common = commonArea(detection, truth)
  if (common === 0) return 0
  const own = maskArea(detection)
  return common / (crowd ? own : own + maskArea(truth) - common)
}
