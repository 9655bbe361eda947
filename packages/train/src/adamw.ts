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

/** One decoupled-decay step (Loshchilov & Hutter), in the order of PyTorch's AdamW. */
export function adamW(
  { weight, first, second }: AdamWSlot,
  gradient: tf.Tensor,
  scalars: AdamWScalars<tf.Tensor>,
  { decay, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamWOptions & { readonly decay: boolean },
): AdamWSlot {
  const { lr, weightDecay, correction1, correction2 } = scalars
  const nextFirst = tf.add(tf.mul(first, beta1), tf.mul(gradient, 1 - beta1))
  const nextSecond = tf.add(tf.mul(second, beta2), tf.mul(tf.square(gradient), 1 - beta2))
  const kept = decay ? tf.mul(weight, tf.sub(1, tf.mul(lr, weightDecay))) : weight
  const spread = tf.add(tf.div(tf.sqrt(nextSecond), tf.sqrt(correction2)), epsilon)
  const change = tf.mul(tf.div(lr, correction1), tf.div(nextFirst, spread))
  return { weight: tf.sub(kept, change), first: nextFirst, second: nextSecond }
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
