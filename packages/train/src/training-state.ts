import type { HostArray } from '@univ/nn'
import type { Weights } from './objective'

/** The arrays that a step replaces. */
export interface TrainingState<T> {
  readonly weights: Weights<T>
  readonly first: Weights<T>
  readonly second: Weights<T>
  /** Gradients gathered since the last update; under accumulation only. */
  readonly gathered?: Weights<T>
  /** Running statistics; where the recipe has them. */
  readonly statistics?: Weights<T>
}

/** Weights with zero moments. */
export function initialState(
  weights: Weights<HostArray>,
  accumulate = 1,
  statistics?: Weights<HostArray>,
): TrainingState<HostArray> {
  const zeros = (): Weights<HostArray> =>
    Object.fromEntries(
      Object.entries(weights).map(([path, leaf]) => [
        path,
        { shape: leaf.shape, dtype: 'float32', data: new Float32Array(leaf.data.length) },
      ]),
    )
  const state = { weights, first: zeros(), second: zeros(), ...(statistics ? { statistics } : {}) }
  return accumulate > 1 ? { ...state, gathered: zeros() } : state
}
