import { backboneVariants, blockCount } from '@univ/backbone'
import { detectorVariants } from '@univ/heads'
import type { DetectConfig } from './detect-schema'
import type { Refuse } from './with-rules'

/** What entries of `univ-train detect` must have in common. */
export function detectRules({ detector, encoder, backbone, model }: DetectConfig, refuse: Refuse): void {
  const preset = detectorVariants[detector.variant]
  const object = detector.rpnObjectOverlap ?? preset.rpnObjectOverlap
  if ((detector.rpnBackgroundOverlap ?? preset.rpnBackgroundOverlap) > object)
    refuse('detector.rpnBackgroundOverlap', `at most rpnObjectOverlap, ${object}`)
  if (backbone === null) checkBlocks(encoder, blockCount(backboneVariants[model]!), refuse)
}

/** Blocks that are named and that the encoder does not have. A file's number of blocks is known when it is read. */
export function checkBlocks({ window }: DetectConfig['encoder'], blocks: number, refuse: Refuse): void {
  if (window?.global.some((block) => block >= blocks))
    refuse('encoder.window.global', `blocks from 0 to ${blocks - 1}, which the encoder has`)
}
