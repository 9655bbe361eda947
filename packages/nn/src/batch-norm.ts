import * as tf from '@tensorflow/tfjs-core'
import type { NormParams } from './norm'
import { ShapeError } from './shape-error'

/** Running statistics: state that the caller keeps. */
export interface BatchStatistics {
  /** `[channels]` */
  readonly mean: tf.Tensor1D
  /** `[channels]`, unbiased */
  readonly variance: tf.Tensor1D
}

/** Inference: the running statistics. @param x `[…, channels]` */
export function batchNormEval<T extends tf.Tensor>(
  x: T,
  params: NormParams,
  running: BatchStatistics,
  epsilon = 1e-5,
): T {
  const gain = tf.mul(params.scale, tf.rsqrt(tf.add(running.variance, epsilon)))
  return tf.add(tf.mul(x, gain), tf.sub(params.offset, tf.mul(running.mean, gain))) as T
}

/**
 * Training: the batch's own statistics normalise (biased variance), the running ones move towards them (unbiased).
 * @param x `[…, channels]`
 * @throws ShapeError where there is but one value for each channel, as PyTorch does.
 * @param momentum Weight of the new statistics, PyTorch's meaning. Default 0.1.
 */
export function batchNormTrain<T extends tf.Tensor>(
  x: T,
  params: NormParams,
  running: BatchStatistics,
  { epsilon = 1e-5, momentum = 0.1 }: { readonly epsilon?: number; readonly momentum?: number } = {},
): { readonly y: T; readonly running: BatchStatistics } {
  const axes = x.shape.slice(0, -1).map((_, i) => i)
  const count = x.shape.slice(0, -1).reduce((a, b) => a * b, 1)
  if (count < 2)
    throw new ShapeError(
      `batchNormTrain: [${x.shape}] has one value for each channel, whose variance is nothing to learn from; use a larger batch`,
    )
  const mean = tf.mean(x, axes) as tf.Tensor1D
  const centred = tf.sub(x, mean)
  const variance = tf.mean(tf.square(centred), axes) as tf.Tensor1D
  const y = tf.add(
    tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon))), params.scale),
    params.offset,
  ) as T
  const blend = (old: tf.Tensor1D, fresh: tf.Tensor1D) =>
    tf.add(tf.mul(old, 1 - momentum), tf.mul(fresh, momentum)) as tf.Tensor1D
  const unbiased = tf.mul(variance, count / Math.max(1, count - 1)) as tf.Tensor1D
  return { y, running: { mean: blend(running.mean, mean), variance: blend(running.variance, unbiased) } }
}
