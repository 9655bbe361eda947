import * as tf from '@tensorflow/tfjs-core'
import type { ProgramArguments, TrainingPrecision } from '@univ/compile'
import { type AdamWOptions, type AdamWScalars, type AdamWSlot, adamW } from './adamw'
import { clipFactor } from './clip'
import type { Weights } from './objective'
import type { TrainingState } from './training-state'
import { joined, memberNorms, perMember, type WeightGroup } from './weight-groups'

/** How weights are updated. */
export interface OptimiserOptions extends AdamWOptions {
  /** Largest norm of one tensor's gradient. Default: no clipping. */
  readonly clip?: number
  /** Batches whose gradients are averaged into one update. Default 1. */
  readonly accumulate?: number
  /** Factor on the learning rate of some weights, by path (layer-wise decay). Default 1. */
  readonly lrScales?: Weights<number>
  /**
   * `float16`: mixed precision with a scaled loss. An update with a gradient that is no number is left out, or, where
   * gradients are gathered, the batch. `bfloat16`: mixed precision, which needs none of this. Default `float32`.
   */
  readonly precision?: TrainingPrecision
}

/** A group's gradients, joined, with the norm of each. */
export interface GroupGradients {
  readonly group: WeightGroup
  readonly gradient: tf.Tensor
  readonly norms: tf.Tensor1D
}

/**
 * What is known of the gradients of a scaled loss. The scale itself stays on them: taking it off would be one more pass
 * over arrays as large as the model, and AdamW multiplies them with a number anyway.
 */
export interface Scaling {
  /** Whether all gradients are numbers. */
  readonly finite: tf.Tensor
  /** What takes the scale off. */
  readonly unit: tf.Scalar
}

/** A group after the update, joined. */
export interface UpdatedGroup extends AdamWSlot {
  readonly gathered?: tf.Tensor
  /** Of the gradients before clipping, the scale taken off: `[members]`. */
  readonly norms: tf.Tensor1D
}

/** Clipping and AdamW for one group, gradients gathered first where the options say so. */
export function updateGroup(
  { group, gradient, norms }: GroupGradients,
  state: TrainingState<tf.Tensor>,
  inputs: ProgramArguments['inputs'],
  options: OptimiserOptions,
  scaling?: Scaling,
): UpdatedGroup {
  const { accumulate = 1, clip, lrScales = {}, ...constants } = options
  const old = {
    weight: joined(group, state.weights),
    first: joined(group, state.first),
    second: joined(group, state.second),
  }
  const given = inputs as unknown as AdamWScalars<tf.Tensor>
  const rates = group.paths.map((path) => lrScales[path] ?? 1)
  const scalars = rates.every((rate) => rate === 1)
    ? given
    : { ...given, lr: tf.mul(given.lr, perMember(group, tf.tensor1d(rates))) }
  const clipped = (sizes: tf.Tensor) =>
    clip === undefined ? undefined : perMember(group, clipFactor(sizes, clip))
  const shared = { ...constants, decay: group.decay }
  // An overflow leaves nothing of the batch: neither infinities nor what is not a number may meet the moments.
  const share = scaling ? tf.where(scaling.finite, gradient, 0) : gradient

  if (state.gathered) {
    const part = scaling ? tf.mul(share, tf.div(scaling.unit, accumulate)) : tf.div(share, accumulate)
    const sum = tf.add(joined(group, state.gathered), part)
    const sizes = memberNorms(group, sum)
    const next = adamW(old, sum, scalars, { ...shared, gradientScale: clipped(sizes) })
    return { ...held(old, next, sum, inputs.update!), norms: sizes }
  }
  if (!scaling) return { ...adamW(old, share, scalars, { ...shared, gradientScale: clipped(norms) }), norms }
  const sizes = tf.mul<tf.Tensor1D>(norms, scaling.unit)
  const scale = tf.mul(scaling.unit, clipped(sizes) ?? 1)
  const gradientScale = tf.where(scaling.finite, scale, 0)
  const moves = tf.cast(scaling.finite, 'float32')
  return { ...adamW(old, share, scalars, { ...shared, gradientScale, moves }), norms: sizes }
}

/** Old values until `update` is 1, new ones then; products with 0 and 1 are exact. */
function held(
  old: AdamWSlot,
  next: AdamWSlot,
  gradient: tf.Tensor,
  update: tf.Tensor,
): AdamWSlot & { readonly gathered: tf.Tensor } {
  const wait = tf.sub(1, update)
  const choose = (before: tf.Tensor, after: tf.Tensor) => tf.add(tf.mul(before, wait), tf.mul(after, update))
  return {
    weight: choose(old.weight, next.weight),
    first: choose(old.first, next.first),
    second: choose(old.second, next.second),
    gathered: tf.mul(gradient, wait),
  }
}
