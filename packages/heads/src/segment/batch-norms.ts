import type * as tf from '@tensorflow/tfjs-core'
import { batchNormEval, batchNormTrain, filled, type HostArray, type NormParams, ShapeError } from '@univ/nn'

/** Running statistics of all batch norms of a model, by the layer's dotted path and `mean` or `variance`. */
export type NormStatistics<T> = Readonly<Record<string, T>>

/** The batch norms of one pass: which statistics normalise, and in training what becomes of the running ones. */
export interface BatchNorms {
  /** @param path Dotted path of the layer, as in the parameter tree. */
  normalise(x: tf.Tensor4D, params: NormParams, path: string): tf.Tensor4D
  /** The statistics after the pass: renewed in training, else those given. */
  readonly statistics: NormStatistics<tf.Tensor>
}

/**
 * PyTorch's batch normalisation (epsilon 1e-5, momentum 0.1).
 * @param training Normalise by the batch and renew the running statistics, or normalise by the running ones.
 */
export function batchNorms(running: NormStatistics<tf.Tensor>, training: boolean): BatchNorms {
  const statistics: Record<string, tf.Tensor> = { ...running }
  return {
    statistics,
    normalise(x, params, path) {
      const [mean, variance] = [running[`${path}.mean`], running[`${path}.variance`]]
      if (!mean || !variance)
        throw new ShapeError(
          `batch norm '${path}' has no running statistics: '${path}.mean' and '${path}.variance' are wanted, as ` +
            `initStatistics makes them; there are ${Object.keys(running).slice(0, 4).join(', ') || 'none'}`,
        )
      const known = { mean: mean as tf.Tensor1D, variance: variance as tf.Tensor1D }
      if (!training) return batchNormEval(x, params, known)
      const { y, running: next } = batchNormTrain(x, params, known)
      statistics[`${path}.mean`] = next.mean
      statistics[`${path}.variance`] = next.variance
      return y
    },
  }
}

/** Mean 0 and variance 1 for every batch norm (a `bn` with a `scale`) among a model's flat weights. */
export function initStatistics(weights: Readonly<Record<string, HostArray>>): NormStatistics<HostArray> {
  return Object.fromEntries(
    Object.entries(weights).flatMap(([path, { shape }]) => {
      const layer = /^(.*\bbn)\.scale$/.exec(path)?.[1]
      return layer === undefined
        ? []
        : [
            [`${layer}.mean`, filled(shape, 0)],
            [`${layer}.variance`, filled(shape, 1)],
          ]
    }),
  )
}
