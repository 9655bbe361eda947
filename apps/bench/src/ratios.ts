import type { TurnsOfOne } from './by-turns'
import { median, round } from './measure'

/** How long the first program takes beside the second. */
export interface Ratio {
  /** Median over the turns of (first / second). */
  readonly ratio: number
  /** First and third quartile. */
  readonly quartiles: readonly [number, number]
}

/** @param first of the two, over whose times those of `second` are the measure; as many turns each */
export function ratioOf(first: TurnsOfOne, second: TurnsOfOne): Ratio {
  const ratios = first.times.map((ms, turn) => ms / second.times[turn]!).sort((a, b) => a - b)
  const at = (share: number) => round(ratios[Math.round(share * (ratios.length - 1))]!, 3)
  return { ratio: round(median(ratios), 3), quartiles: [at(0.25), at(0.75)] }
}

/** `0.83 (0.81-0.85)` */
export const ratioText = ({ ratio, quartiles }: Ratio): string =>
  `${ratio.toFixed(2)} (${quartiles.map((each) => each.toFixed(2)).join('-')})`
