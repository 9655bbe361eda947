import * as tf from '@tensorflow/tfjs-core'
import { resize } from '@univ/nn'

/** Which pixels a mean is over. */
export type LossAverage = 'counted' | 'all'

export interface PixelLossOptions {
  /** Label of pixels that do not count. Default 255. */
  readonly ignore?: number
  /** Weight of each class. Default 1. */
  readonly classWeights?: readonly number[]
  /**
   * `counted`: PyTorch's, the sum over the weights of the counted pixels. `all`: mmsegmentation's default, over every
   * pixel, ignored ones included (its \`avg_non_ignore=False\`). Default `counted`.
   */
  readonly average?: LossAverage
}

export interface PixelLoss {
  readonly loss: tf.Scalar
  /** Counted pixels whose class has the highest logit. */
  readonly correct: tf.Scalar
  readonly counted: tf.Scalar
}

/**
 * Cross-entropy of logits that are brought to the labels' size first (bilinear, half-pixel centres).
 * @param logits `[batch, h, w, classes]`
 * @param labels `[batch, height, width]`, int32
 */
export function pixelLoss(
  logits: tf.Tensor4D,
  labels: tf.Tensor3D,
  { ignore = 255, classWeights, average = 'counted' }: PixelLossOptions = {},
): PixelLoss {
  const [, height, width] = labels.shape
  const full = resize(logits, height, width)
  const counts = tf.cast(tf.notEqual(labels, ignore), 'float32') // [batch, height, width]
  const classes = logits.shape[3]
  const truth = tf.cast(tf.oneHot(labels, classes), 'float32') // zeros where the label is no class
  const weights =
    classWeights === undefined
      ? counts
      : tf.mul(counts, tf.sum(tf.mul(truth, tf.tensor1d([...classWeights])), -1))
  const chosen = tf.sum(tf.mul(tf.logSoftmax(full), truth), -1)
  const over = average === 'all' ? tf.scalar(labels.size) : tf.maximum(tf.sum(weights), 1e-12)
  const loss = tf.neg(tf.div(tf.sum(tf.mul(chosen, weights)), over)) as tf.Scalar
  const hit = tf.cast(tf.equal(tf.argMax(full, -1), labels), 'float32')
  return { loss, correct: tf.sum(tf.mul(hit, counts)) as tf.Scalar, counted: tf.sum(counts) as tf.Scalar }
}
