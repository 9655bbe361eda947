import * as tf from '@tensorflow/tfjs-core'
import { ShapeError } from '@univ/nn'

export interface NeighbourOptions {
  readonly classes: number
  /** Neighbours that vote. DINO's 20. */
  readonly neighbours?: number
  /** Of their votes, exp(cosine / temperature). DINO's 0.07. */
  readonly temperature?: number
}

const unit = (x: tf.Tensor2D): tf.Tensor2D => tf.div(x, tf.add(tf.sqrt(tf.sum(tf.square(x), 1, true)), 1e-12))

/**
 * Weighted votes of the nearest known vectors by cosine, as DINO's k-NN evaluation counts them.
 * @param queries `[queries, width]`
 * @param bank Known vectors, `[known, width]`.
 * @param labels Their classes, int32 `[known]`.
 * @returns `[queries, classes]`; the class with most votes is the answer.
 */
export function neighbourVotes(
  queries: tf.Tensor2D,
  bank: tf.Tensor2D,
  labels: tf.Tensor1D,
  { classes, neighbours = 20, temperature = 0.07 }: NeighbourOptions,
): tf.Tensor2D {
  const [known] = bank.shape
  if (neighbours < 1 || neighbours > known)
    throw new ShapeError(`k-NN: ${neighbours} neighbours among ${known} known vectors`)
  const { values, indices } = tf.topk(tf.matMul(unit(queries), unit(bank), false, true), neighbours)
  const voters = tf.oneHot(tf.gather(labels, indices as tf.Tensor2D), classes) // [queries, neighbours, classes]
  // Less the greatest cosine: the order of votes is the same, and small temperatures do not overflow.
  const weights = tf.exp(tf.div(tf.sub(values, tf.max(values, 1, true)), temperature))
  return tf.sum(tf.mul(tf.cast(voters, 'float32'), tf.expandDims(weights, 2)), 1) as tf.Tensor2D
}
