import * as tf from '@tensorflow/tfjs-core'
import type { Objective, Weights } from './objective'

/** Loss, metrics and statistics of an objective, and its gradients by path. */
export interface Differentiated {
  readonly loss: tf.Tensor
  readonly metrics: Weights<tf.Tensor>
  readonly statistics: Weights<tf.Tensor>
  readonly gradients: Weights<tf.Tensor>
}

/**
 * @param lossScale What the loss is multiplied with for the gradients. Default: nothing.
 * @throws Error naming the weights on which the loss does not depend.
 */
export function differentiate(
  objective: Objective,
  given: Omit<Parameters<Objective>[0], 'weights'>,
  weights: Weights<tf.Tensor>,
  lossScale?: tf.Tensor,
): Differentiated {
  const paths = Object.keys(weights)
  let kept: Record<'metrics' | 'statistics' | 'loss', Weights<tf.Tensor>> | undefined
  const list = paths.map((path) => weights[path]!)
  // Not `tf.valueAndGrads`, which does not say which gradient is missing.
  const { grads } = tf.engine().gradients(() => {
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
  }, list)
  const missing = paths.filter((_, i) => !grads[i])
  if (missing.length > 0)
    throw new Error(
      `the loss does not depend on ${missing.slice(0, 8).join(', ')}${missing.length > 8 ? ` and ${missing.length - 8} more` : ''}: leave them out of what is trained, or use them`,
    )
  const { loss, metrics, statistics } = kept!
  const result = {
    loss: tf.clone(loss.loss!),
    metrics: each(metrics, tf.clone),
    statistics: each(statistics, tf.clone),
    gradients: Object.fromEntries(paths.map((path, i) => [path, grads[i]!])),
  }
  tf.dispose(kept)
  return result
}

const each = (tensors: Weights<tf.Tensor>, change: (tensor: tf.Tensor) => tf.Tensor): Weights<tf.Tensor> =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, change(tensor)]))
