import * as tf from '@tensorflow/tfjs-core'

/**
 * Factor that shrinks one gradient to at most `limit`: the authors clip every tensor by its own norm, not all by a
 * common one. Several norms give several factors. The 1e-6 is `clip_grad_norm_`'s.
 */
export function clipFactor<T extends tf.Tensor>(gradientNorm: T, limit: number): T {
  return tf.minimum(1, tf.div(limit, tf.add(gradientNorm, 1e-6)))
}
