import * as tf from '@tensorflow/tfjs-core'
import type { InputSpec, Program, ProgramArguments } from '@univ/compile'
import type { HostArray, Tree } from '@univ/nn'
import {
  type AdamWOptions,
  type AdamWScalars,
  type AdamWSlot,
  adamW,
  biasCorrections,
  isDecayed,
} from './adamw'
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

const scalar: InputSpec = { shape: [], dtype: 'float32' }

/** The scalars that every step takes beside its batch. */
export function optimiserInputs(accumulate = 1): Record<string, InputSpec> {
  const specs = { lr: scalar, weightDecay: scalar, correction1: scalar, correction2: scalar }
  return accumulate > 1 ? { ...specs, update: scalar } : specs
}

/** Their values for batch number `step` of the run (from 0). */
export function optimiserFeed(
  step: number,
  { lr, weightDecay }: { readonly lr: number; readonly weightDecay: number },
  { accumulate = 1, ...options }: OptimiserOptions = {},
): Record<string, HostArray> {
  const values = { lr, weightDecay, ...biasCorrections(Math.floor(step / accumulate), options) }
  const all = accumulate > 1 ? { ...values, update: Number((step + 1) % accumulate === 0) } : values
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [
      name,
      { shape: [], dtype: 'float32', data: Float32Array.of(value) },
    ]),
  )
}

/**
 * One training step as a program: loss, gradients, clipping, AdamW. Its outputs are `loss`, the objective's metrics
 * and `gradNorm`, the largest norm of any tensor's gradient before clipping.
 */
export function trainingProgram(objective: Objective, options: OptimiserOptions = {}): Program {
  const { clip, accumulate = 1, lrScales = {} } = options
  return ({ inputs, constants, state: tree }) => {
    const state = tree as unknown as TrainingState<tf.Tensor>
    const paths = Object.keys(state.weights)
    const given = { inputs, constants, statistics: state.statistics ?? {} }
    const { loss, metrics, statistics, gradients } = differentiate(objective, given, state.weights)
    const norms: tf.Scalar[] = []
    const slots = paths.map((path, i) => {
      const old = {
        weight: state.weights[path]!,
        first: state.first[path]!,
        second: state.second[path]!,
      }
      const share = accumulate > 1 ? tf.div(gradients[i]!, accumulate) : gradients[i]!
      const gradient = state.gathered ? tf.add(state.gathered[path]!, share) : share
      const size = norm(gradient)
      norms.push(size)
      const scalars = inputs as unknown as AdamWScalars<tf.Tensor>
      const lr = lrScales[path] === undefined ? scalars.lr : tf.mul(scalars.lr, lrScales[path])
      const next = adamW(
        old,
        gradient,
        { ...scalars, lr },
        {
          ...options,
          decay: isDecayed(path, old.weight.shape),
          gradientScale: clip === undefined ? undefined : clipFactor(size, clip),
        },
      )
      return state.gathered ? held(old, next, gradient, inputs.update!) : { ...next, gathered: undefined }
    })
    const column = (key: keyof (typeof slots)[number]) =>
      Object.fromEntries(paths.map((path, i) => [path, slots[i]![key]!]))
    const moved = {
      weights: column('weight'),
      first: column('first'),
      second: column('second'),
      ...(state.statistics ? { statistics } : {}),
    }
    return {
      outputs: { loss, ...metrics, gradNorm: tf.max(tf.stack(norms)) },
      state: state.gathered ? { ...moved, gathered: column('gathered') } : moved,
    }
  }
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

function differentiate(
  objective: Objective,
  given: Omit<Parameters<Objective>[0], 'weights'>,
  weights: Weights<tf.Tensor>,
) {
  const paths = Object.keys(weights)
  let kept: Record<'metrics' | 'statistics', Weights<tf.Tensor>> = { metrics: {}, statistics: {} }
  const { value, grads } = tf.valueAndGrads((...list: tf.Tensor[]) => {
    const {
      loss,
      metrics,
      statistics = {},
    } = objective({
      ...given,
      weights: Object.fromEntries(paths.map((path, i) => [path, list[i]!])),
    })
    // The tape's own scope ends with this function and would free what it does not return.
    kept = { metrics: each(metrics, tf.keep), statistics: each(statistics, tf.keep) }
    return loss
  })(paths.map((path) => weights[path]!))
  const [metrics, statistics] = [each(kept.metrics, tf.clone), each(kept.statistics, tf.clone)]
  tf.dispose(kept)
  return { loss: value, metrics, statistics, gradients: grads }
}

const each = (tensors: Weights<tf.Tensor>, change: (tensor: tf.Tensor) => tf.Tensor): Weights<tf.Tensor> =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, change(tensor)]))
