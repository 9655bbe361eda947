import * as tf from '@tensorflow/tfjs-core'

/** AdamW's constants; the defaults are PyTorch's and the authors'. */
export interface AdamWOptions {
  /** Default 0.9. */
  readonly beta1?: number
  /** Default 0.999. */
  readonly beta2?: number
  /** Default 1e-8. */
  readonly epsilon?: number
}

/** What changes from step to step; scalars, so that the graph does not depend on them. */
export interface AdamWScalars<T> {
  readonly lr: T
  readonly weightDecay: T
  /** `1 - beta1^t`, t counting from 1. */
  readonly correction1: T
  /** `1 - beta2^t` */
  readonly correction2: T
}

/** A weight with its running first and second moments, all of one shape. */
export interface AdamWSlot {
  readonly weight: tf.Tensor
  readonly first: tf.Tensor
  readonly second: tf.Tensor
}

/** How one weight is updated. */
export interface AdamWStep extends AdamWOptions {
  readonly decay: boolean
  /** Factor on the gradient (clipping, the loss's scale), a scalar. Default: none. */
  readonly gradientScale?: tf.Tensor
  /** 1: the step is made; 0, with a gradient of zeros: everything stays exactly as it is. Default: it is made. */
  readonly moves?: tf.Tensor
}

/**
 * One decoupled-decay step (Loshchilov & Hutter), PyTorch's AdamW with its factors put together: what is one number
 * for all elements is computed once, because every further operation reads and writes arrays as large as the model.
 */
export function adamW(
  { weight, first, second }: AdamWSlot,
  gradient: tf.Tensor,
  scalars: AdamWScalars<tf.Tensor>,
  { decay, gradientScale, moves, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamWStep,
): AdamWSlot {
  const { weightDecay, correction1, correction2 } = scalars
  const lr = moves ? tf.mul(scalars.lr, moves) : scalars.lr
  const held = (beta: number) => (moves ? tf.sub(1, tf.mul(moves, 1 - beta)) : beta)
  const scaled = (factor: number) => tf.mul(gradient, gradientScale ? tf.mul(gradientScale, factor) : factor)
  const nextFirst = tf.add(tf.mul(first, held(beta1)), scaled(1 - beta1))
  const nextSecond = tf.add(tf.mul(second, held(beta2)), tf.square(scaled(Math.sqrt(1 - beta2))))
  // m̂ / (√v̂ + ε) with m̂ = m / c₁ and √v̂ = √v / √c₂, both sides times √c₂.
  const root = tf.sqrt(correction2)
  const spread = tf.add(tf.sqrt(nextSecond), tf.mul(root, epsilon))
  const rate = tf.div(tf.mul(lr, root), correction1)
  const kept = decay ? tf.mul(weight, tf.sub(1, tf.mul(lr, weightDecay))) : weight
  return {
    weight: tf.sub(kept, tf.mul(tf.div(nextFirst, spread), rate)),
    first: nextFirst,
    second: nextSecond,
  }
}

/** Bias corrections of the `step`-th update (from 0), in double precision on the host. */
export function biasCorrections(
  step: number,
  { beta1 = 0.9, beta2 = 0.999 }: AdamWOptions = {},
): { correction1: number; correction2: number } {
  return { correction1: 1 - beta1 ** (step + 1), correction2: 1 - beta2 ** (step + 1) }
}

/** The authors' decay group: neither biases nor vectors (norm scales, layer scale, logit scale). */
export function isDecayed(path: string, shape: readonly number[]): boolean {
  return shape.length > 1 && !/(^|\.)(bias|offset)$/.test(path)
}
