/** A value that changes with every optimiser step. */
export type Schedule = (step: number) => number

export interface CosineOptions {
  /** Value after the warm-up. */
  readonly base: number
  /** Value at the end. */
  readonly final: number
  readonly epochs: number
  /** Optimiser steps in an epoch; not necessarily whole under gradient accumulation. */
  readonly stepsPerEpoch: number
  /** Epochs of linear warm-up. Default 0. */
  readonly warmupEpochs?: number
  /** Value at the first step of the warm-up. Default 0. */
  readonly warmupFrom?: number
}

/**
 * Linear warm-up that reaches `base` with its last step, then half a cosine towards `final` (DINO's schedule,
 * which the authors use for the learning rate and, without warm-up, for the weight decay).
 */
export function cosineSchedule(options: CosineOptions): Schedule {
  const { base, final, epochs, stepsPerEpoch, warmupEpochs = 0, warmupFrom = 0 } = options
  const warmup = Math.round(warmupEpochs * stepsPerEpoch)
  const rest = Math.max(1, Math.round(epochs * stepsPerEpoch) - warmup)
  return (step) => {
    if (step < warmup) return warmupFrom + ((base - warmupFrom) * step) / Math.max(1, warmup - 1)
    const done = Math.min(1, (step - warmup) / rest)
    return final + 0.5 * (base - final) * (1 + Math.cos(Math.PI * done))
  }
}
