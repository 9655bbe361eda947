import type { InputSpec } from '@univ/compile'
import type { HostArray } from '@univ/nn'
import { biasCorrections } from './adamw'
import { firstLossScale, type LossScale } from './loss-scale'
import type { OptimiserOptions } from './update-group'

const scalar: InputSpec = { shape: [], dtype: 'float32' }

/** The scalars that every step takes beside its batch. */
export function optimiserInputs({
  accumulate = 1,
  precision,
}: Pick<OptimiserOptions, 'accumulate' | 'precision'> = {}): Record<string, InputSpec> {
  return {
    lr: scalar,
    weightDecay: scalar,
    correction1: scalar,
    correction2: scalar,
    ...(accumulate > 1 ? { update: scalar } : {}),
    ...(precision === 'float16' ? { lossScale: scalar } : {}),
  }
}

/**
 * Their values for batch number `step` of the run (from 0).
 * @param lossScale In half precision. Default: that of a run's start.
 */
export function optimiserFeed(
  step: number,
  { lr, weightDecay }: { readonly lr: number; readonly weightDecay: number },
  options: OptimiserOptions = {},
  lossScale: LossScale = firstLossScale,
): Record<string, HostArray> {
  const { accumulate = 1, precision } = options
  // An update that was left out did not move the moments, whose start the corrections make up for.
  const skipped = precision === 'float16' && accumulate === 1 ? lossScale.skipped : 0
  const values = {
    lr,
    weightDecay,
    ...biasCorrections(Math.floor(step / accumulate) - skipped, options),
    ...(accumulate > 1 ? { update: Number((step + 1) % accumulate === 0) } : {}),
    ...(precision === 'float16' ? { lossScale: lossScale.scale } : {}),
  }
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      { shape: [], dtype: 'float32', data: Float32Array.of(value) },
    ]),
  )
}
