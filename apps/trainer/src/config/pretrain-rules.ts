import type { PretrainConfig } from './pretrain-schema'
import type { Refuse } from './with-rules'

/** Of `labels`. */
export const defaultTemperature = 0.1

/** What entries of `univ-train pretrain` must have in common. */
export function pretrainRules({ loss, labels }: PretrainConfig, refuse: Refuse): void {
  if (loss.alpha === 0 && loss.beta === 0) refuse('loss.alpha', 'alpha or beta above 0')
  if (labels.source === 'attention' && labels.temperature !== defaultTemperature)
    refuse('labels.temperature', 'none with labels.source attention, which has its own softmax')
}
