import type { RunLengths } from './run-lengths'

/** Boundary points are laid five times as densely as pixels, as COCO's reference does. */
const scale = 5

/**
 * A polygon's pixels, point by point as COCO's `rleFrPoly` draws them, so that areas and overlaps are the published ones.
 * @param points `[x0, y0, x1, y1, …]` in pixels, at least three points.
 */
export function polygonMask(points: readonly number[], height: number, width: number): RunLengths {
  const boundary = denseBoundary(points)
  const crossings: number[] = []
  for (let i = 1; i < boundary.length; i++) {
    const [u, v] = boundary[i]!
    const [before, beforeV] = boundary[i - 1]!
    if (u === before) continue
    // The column whose left side is crossed, and the first row below the crossing.
    const x = ((u < before ? u : u - 1) + 0.5) / scale - 0.5
    if (!Number.isInteger(x) || x < 0 || x > width - 1) continue
    const y = Math.ceil(Math.min(height, Math.max(0, (Math.min(v, beforeV) + 0.5) / scale - 0.5)))
    crossings.push(x * height + y)
  }
  crossings.push(height * width)
  crossings.sort((a, b) => a - b)
  return { height, width, counts: joinEmptyRuns(crossings.map((at, i) => at - (crossings[i - 1] ?? 0))) }
}

/** C's conversion to int. */
const whole = (value: number) => Math.trunc(value)

function denseBoundary(points: readonly number[]): (readonly [number, number])[] {
  const corners = Array.from({ length: points.length >> 1 }, (_, i) => [
    whole(scale * points[2 * i]! + 0.5),
    whole(scale * points[2 * i + 1]! + 0.5),
  ])
  const dense: (readonly [number, number])[] = []
  for (const [i, [x0, y0]] of (corners as [number, number][]).entries()) {
    const [x1, y1] = corners[(i + 1) % corners.length] as [number, number]
    const [dx, dy] = [Math.abs(x1 - x0), Math.abs(y1 - y0)]
    const flat = dx >= dy
    // Every edge is drawn in the direction of its growing main axis, so that neighbours agree on their common pixels.
    const flip = flat ? x0 > x1 : y0 > y1
    const [xs, ys, xe, ye] = flip ? [x1, y1, x0, y0] : [x0, y0, x1, y1]
    const length = Math.max(dx, dy)
    const slope = length === 0 ? 0 : flat ? (ye - ys) / dx : (xe - xs) / dy
    for (let d = 0; d <= length; d++) {
      const t = flip ? length - d : d
      dense.push(flat ? [t + xs, whole(ys + slope * t + 0.5)] : [whole(xs + slope * t + 0.5), t + ys])
    }
  }
  return dense
}

/** Two crossings at one place cancel: the runs around them are one. */
function joinEmptyRuns(lengths: readonly number[]): number[] {
  const counts = [lengths[0]!]
  for (let i = 1; i < lengths.length; i++) {
    if (lengths[i]! > 0) counts.push(lengths[i]!)
    else if (++i < lengths.length) counts[counts.length - 1]! += lengths[i]!
  }
  return counts
}
