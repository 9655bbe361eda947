import * as tf from '@tensorflow/tfjs-core'

/** How many candidates a loss looks at. */
export interface SampleOptions {
  readonly count: number
  /** Largest share of objects among them; background fills up. */
  readonly objectShare: number
}

/**
 * Orders candidates for a random draw without replacement: kept objects above 2, background between 1 and 2, all
 * others 0. The `count` largest are the sample; those above 2 are its objects.
 * @param object Mask of 0 and 1, `[n]`.
 * @param background Mask of 0 and 1, `[n]`.
 * @param uniform Random numbers in [0, 1), `[n]`: the same numbers give the same draw.
 */
export function samplingKeys(
  object: tf.Tensor1D,
  background: tf.Tensor1D,
  uniform: tf.Tensor1D,
  { count, objectShare }: SampleOptions,
): tf.Tensor1D {
  const n = object.shape[0]
  const most = Math.max(1, Math.min(n, Math.floor(count * objectShare)))
  const objectKeys = tf.mul(object, tf.add(uniform, 1)) // 0, or 1 to 2
  const least = tf.min(tf.topk(objectKeys, most).values)
  const kept = tf.mul(object, tf.cast(tf.greaterEqual(objectKeys, least), 'float32'))
  return tf.add(tf.mul(kept, tf.add(uniform, 2)), tf.mul(background, tf.add(uniform, 1))) as tf.Tensor1D
}

/** The sample as a mask over all candidates, `[n]`. @param keys From `samplingKeys`. */
export function sampledMask(keys: tf.Tensor1D, count: number): tf.Tensor1D {
  const least = tf.min(tf.topk(keys, Math.min(count, keys.shape[0])).values)
  const chosen = tf.logicalAnd(tf.greaterEqual(keys, least), tf.greater(keys, 0))
  return tf.cast(chosen, 'float32') as tf.Tensor1D
}
