/**
 * The factor on the loss under which gradients are computed in half precision, whose least number is 6e-8: PyTorch's
 * `GradScaler` with its defaults. A power of two, so that scaling rounds nothing.
 */
export interface LossScale {
  readonly scale: number
  /** Batches since the scale changed. */
  readonly kept: number
  /** Batches of the run that were left out because a gradient was no number. */
  readonly skipped: number
}

export const firstLossScale: LossScale = { scale: 2 ** 16, kept: 0, skipped: 0 }

/** Batches without overflow after which the scale is doubled. */
const patience = 2000

/** After a batch: half the scale where a gradient overflowed, twice after a long time without. */
export function nextLossScale({ scale, kept, skipped }: LossScale, overflowed: boolean): LossScale {
  if (overflowed) return { scale: scale / 2, kept: 0, skipped: skipped + 1 }
  return kept + 1 < patience ? { scale, kept: kept + 1, skipped } : { scale: 2 * scale, kept: 0, skipped }
}
