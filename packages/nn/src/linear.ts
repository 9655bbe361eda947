import * as tf from '@tensorflow/tfjs-core'
import { dropout } from './dropout'
import type { NoisePool } from './noise-pool'

/** A low-rank branch beside a frozen kernel: `y += (x · down · up) · scale`. */
export interface LoraBranch {
  /** `[in, rank]`, or `[kh, kw, in, rank]` beside a convolution's filter. */
  readonly down: tf.Tensor
  /** `[rank, out]` */
  readonly up: tf.Tensor2D
  readonly scale: number
  /** Rate at which the branch's input is dropped; needs `noise`. Default 0. */
  readonly dropout?: number
  readonly noise?: NoisePool
}

/** A fully connected layer. */
export interface LinearParams {
  /** `[in, out]` */
  readonly kernel: tf.Tensor2D
  /** `[out]` */
  readonly bias?: tf.Tensor1D
  readonly lora?: LoraBranch
}

/**
 * @param x `[…, in]`
 * @returns `[…, out]`; computed as one matrix product over all leading axes.
 */
export function linear<T extends tf.Tensor>(x: T, params: LinearParams): T {
  const { kernel, bias, lora } = params
  const rows = tf.reshape(x, [-1, kernel.shape[0]]) as tf.Tensor2D
  const main = bias ? tf.fused.matMul({ a: rows, b: kernel, bias }) : tf.matMul(rows, kernel)
  const y = lora ? tf.add(main, loraBranch(rows, lora)) : main
  return tf.reshape(y, [...x.shape.slice(0, -1), kernel.shape[1]]) as T
}

/** The branch alone, on rows `[n, in]`. A convolution's `down` is read as `[kh · kw · in, rank]`. */
export function loraBranch(
  rows: tf.Tensor2D,
  { down, up, scale, dropout: rate = 0, noise }: LoraBranch,
): tf.Tensor2D {
  const input = rate > 0 ? dropout(rows, rate, noise) : rows
  const flat = tf.reshape(down, [-1, up.shape[0]]) as tf.Tensor2D
  return tf.matMul(tf.matMul(input, flat), tf.mul(up, scale))
}
