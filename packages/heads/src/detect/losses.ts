import * as tf from '@tensorflow/tfjs-core'

/** Binary cross-entropy of logits, element by element: `log(1 + eˣ) - x · target`. */
export function binaryCrossEntropy(logits: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  return tf.sub(tf.softplus(logits), tf.mul(logits, targets))
}

/** Sum of absolute differences along the last axis. */
export function absoluteError(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return tf.sum(tf.abs(tf.sub(a, b)), -1)
}
