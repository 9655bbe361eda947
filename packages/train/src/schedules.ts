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

export interface PolyOptions {
  /** Value after the warm-up, were it not for the decay. */
  readonly base: number
  /** Value at the end. Default 0. */
  readonly final?: number
  /** Optimiser steps in all. */
  readonly steps: number
  /** Default 1: a straight line. */
  readonly power?: number
  /** Steps of linear warm-up, multiplied onto the decay. Default 0. */
  readonly warmup?: number
  /** Share of the value at the first step of the warm-up. Default 1e-6. */
  readonly warmupRatio?: number
}

/** mmcv's poly schedule: `(1 - step / steps)^power`, times a linear warm-up. */
export function polySchedule(options: PolyOptions): Schedule {
  const { base, final = 0, steps, power = 1, warmup = 0, warmupRatio = 1e-6 } = options
  return (step) => {
    const value = (base - final) * (1 - Math.min(step, steps) / steps) ** power + final
    return step < warmup ? value * (1 - (1 - step / warmup) * (1 - warmupRatio)) : value
  }
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
