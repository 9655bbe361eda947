import * as tf from '@tensorflow/tfjs-core'
import type { Program } from '@univ/compile'
import { differentiate } from './differentiate'
import type { Objective } from './objective'
import type { TrainingState } from './training-state'
import { type OptimiserOptions, updateGroup } from './update-group'
import { groupWeights, joined, memberNorms, parted } from './weight-groups'

/**
 * One training step as a program: loss, gradients, clipping, AdamW. Its outputs are `loss`, the objective's metrics
 * and `gradNorm`, the largest norm of any tensor's gradient before clipping; in half precision also `overflow`, 1 where a
 * gradient was no number.
 */
export function trainingProgram(objective: Objective, options: OptimiserOptions = {}): Program {
  return ({ inputs, constants, state: tree }) => {
    const state = tree as unknown as TrainingState<tf.Tensor>
    const given = { inputs, constants, statistics: state.statistics ?? {} }
    const lossScale = options.precision === 'float16' ? inputs.lossScale : undefined
    const step = differentiate(objective, given, state.weights, lossScale)
    const groups = groupWeights(state.weights).map((group) => {
      const gradient = joined(group, step.gradients)
      return { group, gradient, norms: memberNorms(group, gradient) }
    })
    const scaling = lossScale && {
      finite: tf.isFinite(tf.sum(tf.concat(groups.map(({ norms }) => norms)))),
      unit: tf.div<tf.Scalar>(1, lossScale),
    }
    const updates = groups.map((gradients) => updateGroup(gradients, state, inputs, options, scaling))
    const column = (key: 'weight' | 'first' | 'second' | 'gathered') => {
      const parts = Object.assign({}, ...updates.map((made, i) => parted(groups[i]!.group, made[key]!)))
      return Object.fromEntries(Object.keys(state.weights).map((path) => [path, parts[path]]))
    }
    const statistics = Object.entries(step.statistics).map(([path, next]) => [
      path,
      scaling ? tf.where(scaling.finite, next, given.statistics[path]!) : next,
    ])
    const moved = {
      weights: column('weight'),
      first: column('first'),
      second: column('second'),
      ...(state.statistics ? { statistics: Object.fromEntries(statistics) } : {}),
    }
    const overflow = scaling && { overflow: tf.cast(tf.logicalNot(scaling.finite), 'float32') }
    const gradNorm = tf.max(tf.concat(updates.map(({ norms }) => norms)))
    return {
      outputs: { loss: step.loss, ...step.metrics, gradNorm, ...overflow },
      state: state.gathered ? { ...moved, gathered: column('gathered') } : moved,
    }
  }
}
