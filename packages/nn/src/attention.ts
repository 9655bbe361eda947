import * as tf from '@tensorflow/tfjs-core'
import { type LinearParams, linear } from './linear'
import { ShapeError } from './shape-error'

/** One self-attention. `qkv` gives query, key and value of all heads, in this order. */
export interface AttentionParams {
  readonly qkv: LinearParams
  readonly proj: LinearParams
}

export interface AttentionResult {
  /** `[batch, tokens, width]` */
  readonly tokens: tf.Tensor3D
  /** After softmax, rows = queries: `[batch, heads, tokens, tokens]`. */
  readonly map: tf.Tensor4D
  /** Keys of all heads side by side: `[batch, tokens, width]`. */
  readonly keys: tf.Tensor3D
}

/**
 * Multi-head self-attention.
 * @param x `[batch, tokens, width]`
 * @param bias Added to the scores before softmax, `[heads, tokens, tokens]` (learned relative position).
 */
export function attention(
  x: tf.Tensor3D,
  params: AttentionParams,
  heads: number,
  bias?: tf.Tensor3D,
): AttentionResult {
  const [batch, tokens, width] = x.shape
  const head = width / heads
  if (!Number.isInteger(head))
    throw new ShapeError(`attention: width ${width} is not a multiple of heads ${heads}`)
  const qkv = tf.transpose(
    tf.reshape(linear(x, params.qkv), [batch, tokens, 3, heads, head]),
    [2, 0, 3, 1, 4],
  )
  const [query, key, value] = tf.unstack(qkv) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D] // [batch, heads, tokens, head]
  const raw = tf.matMul(tf.mul(query, head ** -0.5), key, false, true)
  const map = tf.softmax(bias ? tf.add(raw, bias) : raw) as tf.Tensor4D // [batch, heads, tokens, tokens]
  const merge = (t: tf.Tensor4D): tf.Tensor3D =>
    tf.reshape(tf.transpose(t, [0, 2, 1, 3]), [batch, tokens, width])
  return { tokens: linear(merge(tf.matMul(map, value)), params.proj), map, keys: merge(key) }
}
