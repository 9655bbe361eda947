import * as tf from '@tensorflow/tfjs-core'

/** Euclidean norm of all elements. */
export function norm(tensor: tf.Tensor): tf.Scalar {
  return tf.sqrt(tf.sum(tf.square(tensor))) as tf.Scalar
}

/**
 * Factor that shrinks one gradient to at most `limit`: the authors clip every tensor by its own norm, not all by a
 * common one. The 1e-6 is `clip_grad_norm_`'s.
 */
export function clipFactor(gradientNorm: tf.Scalar, limit: number): tf.Scalar {
  return tf.minimum(1, tf.div(limit, tf.add(gradientNorm, 1e-6))) as tf.Scalar
}
