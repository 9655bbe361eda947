import * as tf from '@tensorflow/tfjs-core'

/**
 * A tensor computed from others, through which no gradient flows: proposals and targets are constants to the losses.
 * Nothing that `compute` does is put on the gradient tape, so it may use operations that have no gradient.
 */
export function detached<T extends tf.Tensor>(compute: () => T): T {
  return tf.customGrad(() => ({ value: compute(), gradFunc: () => [] }))() as T
}
