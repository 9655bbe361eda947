import * as tf from '@tensorflow/tfjs-core'
import type { Program, ProgramArguments } from '@univ/compile'
import type { HostArray, Tree } from '@univ/nn'
import { type AdamWOptions, type AdamWScalars, type AdamWSlot, adamW, isDecayed } from './adamw'
import { clipFactor, norm } from './clip'

/** Trained tensors by dotted path. */
export type Weights<T> = Readonly<Record<string, T>>

/** What is minimised: a pure function of the trained weights, the step's inputs and the frozen arrays. */
export type Objective = (args: {
  readonly weights: Weights<tf.Tensor>
  readonly inputs: ProgramArguments['inputs']
  readonly constants: Tree<tf.Tensor>
  /** Running statistics (batch norm), where the recipe has them. */
  readonly statistics: Weights<tf.Tensor>
}) => {
  readonly loss: tf.Scalar
  /** Further scalars to report. */
  readonly metrics: Readonly<Record<string, tf.Tensor>>
  /** What becomes of the statistics: renewed by every batch, gathered gradients or not, as in PyTorch. */
  readonly statistics?: Weights<tf.Tensor>
}

export interface OptimiserOptions extends AdamWOptions {
  /** Largest norm of one tensor's gradient. Default: no clipping. */
  readonly clip?: number
  /** Batches whose gradients are averaged into one update. Default 1. */
  readonly accumulate?: number
  /** Factor on the learning rate of some weights, by path (layer-wise decay). Default 1. */
  readonly lrScales?: Weights<number>
  /**
   * `float16`: mixed precision with a scaled loss. An update with a gradient that is no number is left out, or, where
   * gradients are gathered, the batch. Default `float32`.
   */
  readonly precision?: 'float32' | 'float16'
}

/** The arrays that a step replaces. */
export interface TrainingState<T> {
  readonly weights: Weights<T>
  readonly first: Weights<T>
  readonly second: Weights<T>
  /** Gradients gathered since the last update; under accumulation only. */
  readonly gathered?: Weights<T>
  /** Running statistics; where the recipe has them. */
  readonly statistics?: Weights<T>
}

/** Weights with zero moments. */
export function initialState(
  weights: Weights<HostArray>,
  accumulate = 1,
  statistics?: Weights<HostArray>,
): TrainingState<HostArray> {
  const zeros = (): Weights<HostArray> =>
    Object.fromEntries(
      Object.entries(weights).map(([path, leaf]) => [
        path,
        { shape: leaf.shape, dtype: 'float32', data: new Float32Array(leaf.data.length) },
      ]),
    )
  const state = { weights, first: zeros(), second: zeros(), ...(statistics ? { statistics } : {}) }
  return accumulate > 1 ? { ...state, gathered: zeros() } : state
}

/**
 * One training step as a program: loss, gradients, clipping, AdamW. Its outputs are `loss`, the objective's metrics
 * and `gradNorm`, the largest norm of any tensor's gradient before clipping; in half precision also `overflow`, 1 where a
 * gradient was no number.
 */
export function trainingProgram(objective: Objective, options: OptimiserOptions = {}): Program {
  return ({ inputs, constants, state: tree }) => {
    const state = tree as unknown as TrainingState<tf.Tensor>
    const paths = Object.keys(state.weights)
    const given = { inputs, constants, statistics: state.statistics ?? {} }
    const lossScale = options.precision === 'float16' ? inputs.lossScale : undefined
    const step = differentiate(objective, given, state.weights, lossScale)
    const scaled = lossScale && scaledGradients(step.gradients, lossScale)
    const sound = (next: tf.Tensor, otherwise: tf.Tensor | number) =>
      scaled ? tf.where(scaled.finite, next, otherwise) : next
    const norms: tf.Scalar[] = []
    const slots = paths.map((path, i) => {
      const old = {
        weight: state.weights[path]!,
        first: state.first[path]!,
        second: state.second[path]!,
      }
      const share = sound(step.gradients[i]!, 0)
      const { accumulate = 1 } = options
      if (state.gathered) {
        const part = scaled ? tf.mul(share, tf.div(scaled.unit, accumulate)) : tf.div(share, accumulate)
        const gradient = tf.add(state.gathered[path]!, part)
        const size = norm(gradient)
        norms.push(size)
        const next = updated(path, old, gradient, clipScale(size, options), inputs, options)
        return held(old, next, gradient, inputs.update!)
      }
      const size = scaled ? tf.mul<tf.Scalar>(scaled.norms[i]!, scaled.unit) : norm(share)
      norms.push(size)
      const clip = clipScale(size, options)
      const scale = scaled ? sound(clip ? tf.mul(scaled.unit, clip) : scaled.unit, 0) : clip
      const moves = scaled && tf.cast(scaled.finite, 'float32')
      return { ...updated(path, old, share, scale, inputs, options, moves), gathered: undefined }
    })
    const column = (key: keyof (typeof slots)[number]) =>
      Object.fromEntries(paths.map((path, i) => [path, slots[i]![key]!]))
    const statistics = Object.entries(step.statistics).map(([path, next]) => [
      path,
      sound(next, given.statistics[path]!),
    ])
    const moved = {
      weights: column('weight'),
      first: column('first'),
      second: column('second'),
      ...(state.statistics ? { statistics: Object.fromEntries(statistics) } : {}),
    }
    const overflow = scaled && { overflow: tf.cast(tf.logicalNot(scaled.finite), 'float32') }
    return {
      outputs: { loss: step.loss, ...step.metrics, gradNorm: tf.max(tf.stack(norms)), ...overflow },
      state: state.gathered ? { ...moved, gathered: column('gathered') } : moved,
    }
  }
}

/**
 * What is known of the gradients of a scaled loss. The scale itself stays on them: taking it off would be one more pass
 * over arrays as large as the model, and AdamW multiplies them with a number anyway.
 */
function scaledGradients(gradients: readonly tf.Tensor[], lossScale: tf.Tensor) {
  const norms = gradients.map(norm)
  return {
    norms,
    /** Whether all of them are numbers. */
    finite: tf.isFinite(tf.sum(tf.stack(norms))),
    /** What takes the scale off. */
    unit: tf.div(1, lossScale) as tf.Scalar,
  }
}

const clipScale = (size: tf.Scalar, { clip }: OptimiserOptions): tf.Scalar | undefined =>
  clip === undefined ? undefined : clipFactor(size, clip)

/** One weight after AdamW. @param scale Factor on the gradient. */
function updated(
  path: string,
  old: AdamWSlot,
  gradient: tf.Tensor,
  scale: tf.Tensor | undefined,
  inputs: ProgramArguments['inputs'],
  { lrScales = {}, ...options }: OptimiserOptions,
  moves?: tf.Tensor,
): AdamWSlot {
  const scalars = inputs as unknown as AdamWScalars<tf.Tensor>
  const lr = lrScales[path] === undefined ? scalars.lr : tf.mul(scalars.lr, lrScales[path])
  const decay = isDecayed(path, old.weight.shape)
  return adamW(old, gradient, { ...scalars, lr }, { ...options, decay, gradientScale: scale, moves })
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

/** @param lossScale What the loss is multiplied with for the gradients. */
function differentiate(
  objective: Objective,
  given: Omit<Parameters<Objective>[0], 'weights'>,
  weights: Weights<tf.Tensor>,
  lossScale: tf.Tensor | undefined,
) {
  const paths = Object.keys(weights)
  let kept: Record<'metrics' | 'statistics' | 'loss', Weights<tf.Tensor>> | undefined
  const { grads } = tf.valueAndGrads((...list: tf.Tensor[]) => {
    const {
      loss,
      metrics,
      statistics = {},
    } = objective({
      ...given,
      weights: Object.fromEntries(paths.map((path, i) => [path, list[i]!])),
    })
    // The tape's own scope ends with this function and would free what it does not return.
    kept = {
      loss: each({ loss }, tf.keep),
      metrics: each(metrics, tf.keep),
      statistics: each(statistics, tf.keep),
    }
    return lossScale ? tf.mul(loss, lossScale) : tf.clone(loss)
  })(paths.map((path) => weights[path]!))
  const { metrics, statistics } = kept!
  const result = {
    loss: tf.clone(kept!.loss.loss!),
    metrics: each(metrics, tf.clone),
    statistics: each(statistics, tf.clone),
    gradients: grads,
  }
  tf.dispose(kept)
  return result
}

const each = (tensors: Weights<tf.Tensor>, change: (tensor: tf.Tensor) => tf.Tensor): Weights<tf.Tensor> =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, change(tensor)]))
