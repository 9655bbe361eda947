import * as tf from '@tensorflow/tfjs-core'

/** Where the teacher's judgement "these patches belong together" comes from. */
export interface PseudoLabelOptions {
  /** `attention` as published; `keys` and `features` by cosine similarity. Default `attention`. */
  readonly source?: 'attention' | 'keys' | 'features'
  /** Transformer block of the teacher; negative counts from the end. Default -1. */
  readonly layer?: number
  /** Softmax temperature of similarities. Default 0.1. */
  readonly temperature?: number
  /** Subtract the image's mean vector before comparing. Default true. */
  readonly centre?: boolean
  /** Share of a row's mass that its positives may hold (paper: 0.6). */
  readonly mass?: number
}

/**
 * 1 for the largest entries of a row as long as their running sum stays within `mass`, else 0; a row whose
 * largest entry exceeds it has no positive. Reference: sort, cumulative sum, threshold, scatter back. Here the
 * count of positives gives the smallest one's value, and a comparison takes the scatter's place.
 * @param weights Rows sum to 1: `[batch, tokens, tokens]`.
 */
export function pseudoLabels(weights: tf.Tensor3D, mass = 0.6): tf.Tensor3D {
  const tokens = weights.shape[2]
  const sorted = tf.topk(weights, tokens, true).values
  const within = tf.cast(tf.lessEqual(tf.cumsum(sorted, 2), mass), 'float32')
  // Beyond the positives the threshold must exceed every weight; within, the smallest positive counts.
  const threshold = tf.min(tf.add(sorted, tf.mul(tf.sub(1, within), 2)), 2, true)
  return tf.cast(tf.greaterEqual(weights, threshold), 'float32') as tf.Tensor3D
}

/**
 * The published pseudo-labels: attention, mean over heads.
 * @param attention After softmax, `[batch, heads, tokens, tokens]`.
 * @param prefix Leading tokens that are no patches (class, registers): dropped, rows renormalised.
 */
export function attentionPseudoLabels(attention: tf.Tensor4D, mass = 0.6, prefix = 0): tf.Tensor3D {
  const mean = tf.mean(attention, 1) as tf.Tensor3D
  if (prefix === 0) return pseudoLabels(mean, mass)
  const patches = tf.slice(mean, [0, prefix, prefix], [-1, -1, -1])
  return pseudoLabels(tf.div(patches, tf.sum(patches, -1, true)), mass)
}

/**
 * Pseudo-labels from cosine similarity of keys or features, softmax over each row.
 * @param vectors `[batch, tokens, width]`
 */
export function similarityPseudoLabels(
  vectors: tf.Tensor3D,
  {
    temperature = 0.1,
    centre = true,
    mass = 0.6,
  }: Pick<PseudoLabelOptions, 'temperature' | 'centre' | 'mass'> = {},
): tf.Tensor3D {
  const centred = centre ? (tf.sub(vectors, tf.mean(vectors, 1, true)) as tf.Tensor3D) : vectors
  const unit = unitRows(centred)
  return pseudoLabels(
    tf.softmax(tf.div(tf.matMul(unit, unit, false, true), temperature)) as tf.Tensor3D,
    mass,
  )
}

/** Rows of length 1; 1e-6 is added to the norm as in the reference. @param x `[batch, tokens, width]` */
export function unitRows(x: tf.Tensor3D): tf.Tensor3D {
  // 1e-12 under the root keeps the gradient of a zero row finite; it changes nothing above rounding.
  const norm = tf.sqrt(tf.add(tf.sum(tf.square(x), -1, true), 1e-12))
  return tf.div(x, tf.add(norm, 1e-6))
}

/**
 * Cosines between the tokens of each image.
 * @param tokens `[batch, tokens, width]`
 * @returns `[batch, tokens, tokens]`
 */
export function tokenCosines(tokens: tf.Tensor3D): tf.Tensor3D {
  const unit = unitRows(tokens)
  return tf.matMul(unit, unit, false, true)
}
