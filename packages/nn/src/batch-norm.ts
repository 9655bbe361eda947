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
  const variance = tf.mean(tf.square(tf.sub(x, mean)), axes) as tf.Tensor1D
  const y = normaliseBatch(x, params, { mean, variance }, epsilon)
  const blend = (old: tf.Tensor1D, fresh: tf.Tensor1D) =>
    tf.add(tf.mul(old, 1 - momentum), tf.mul(fresh, momentum)) as tf.Tensor1D
  const unbiased = tf.mul(variance, count / Math.max(1, count - 1)) as tf.Tensor1D
  return { y, running: { mean: blend(running.mean, mean), variance: blend(running.variance, unbiased) } }
}

/**
 * Scale and offset of what lies around the batch's own mean, with the gradient as one closed formula: of the arrays as
 * large as `x` it keeps `x` alone. The statistics are of `x`; the formula has their part in the gradient.
 */
function normaliseBatch<T extends tf.Tensor>(
  x: T,
  { scale, offset }: NormParams,
  { mean, variance }: BatchStatistics,
  epsilon: number,
): T {
  const op = tf.customGrad((...args) => {
    const [input, gain, shift, save] = args as unknown as [
      tf.Tensor,
      tf.Tensor1D,
      tf.Tensor1D,
      tf.GradSaveFunc,
    ]
    const inverse = tf.rsqrt(tf.add(variance, epsilon))
    save([input, gain, mean, inverse])
    const value = tf.add(tf.mul(tf.sub(input, mean), tf.mul(inverse, gain)), shift)
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [x0, gain0, mean0, inverse0] = saved as [tf.Tensor, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D]
      const axes = x0.shape.slice(0, -1).map((_, i) => i)
      const count = x0.size / gain0.size
      const centred = tf.sub(x0, mean0)
      const dOffset = tf.sum(dy, axes)
      const dScale = tf.mul(tf.sum(tf.mul(dy, centred), axes), inverse0)
      // dx = gain · inverse · (dy − mean(dy) − unit · mean(dy · unit)), what is one number a channel put together.
      const factor = tf.mul(gain0, inverse0)
      const along = tf.mul(tf.mul(factor, inverse0), tf.div(dScale, count))
      const level = tf.mul(factor, tf.div(dOffset, count))
      const dx = tf.sub(tf.mul(dy, factor), tf.add(tf.mul(centred, along), level))
      return [dx, dScale, dOffset]
    }
    return { value, gradFunc }
  })
  return op(x, scale, offset) as T
}
