import { gradientMap } from './gradient-map'
import { phaseCorrelation } from './phase-correlation'

/** How an infrared image lies on its visible partner. */
export interface Alignment {
  /** How far the scene lies further right in the infrared image, in pixels of the visible one. */
  readonly dx: number
  /** How far it lies further down. */
  readonly dy: number
  /** Peak of the correlation in standard deviations: how sure the offset is. */
  readonly score: number
}

/** Below this an offset may be a guess; docs/dataset.md gives precision and recall at this score. */
export const sureScore = 4.5

export type AlignmentVerdict = 'aligned' | 'misaligned' | 'unsure'

/** @param tolerance Largest offset that passes, in pixels of the visible image. */
export function alignmentVerdict({ dx, dy, score }: Alignment, tolerance: number): AlignmentVerdict {
  if (score < sureScore) return 'unsure'
  return Math.hypot(dx, dy) <= tolerance ? 'aligned' : 'misaligned'
}

/**
 * Measures the offset between the two images of a pair by phase correlation of their edges. It sees translation only,
 * up to a fifth of the image.
 * @param vi Grey, `[side, side]`, stretched to a square
 * @param ir Grey, `[side, side]`, stretched alike
 * @param shown Width and height of the visible image.
 */
export function measureAlignment(
  vi: Uint8Array,
  ir: Uint8Array,
  side: number,
  shown: { readonly width: number; readonly height: number },
): Alignment {
  const { dx, dy, score } = phaseCorrelation(gradientMap(vi, side), gradientMap(ir, side), side)
  return { dx: (dx * shown.width) / side, dy: (dy * shown.height) / side, score }
}
