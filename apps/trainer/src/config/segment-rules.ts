import type { SegmentConfig } from './segment-schema'
import type { Refuse } from './with-rules'

/** What entries of `univ-train segment` must have in common. */
export function segmentRules({ data, test }: SegmentConfig, refuse: Refuse): void {
  const window = test.window === undefined ? data.crop : test.window
  if (test.step !== undefined && window !== null && test.step > window)
    refuse('test.step', `at most the window, ${window} (pixels between windows would get no class)`)
}
