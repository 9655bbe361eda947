import * as tf from '@tensorflow/tfjs-core'

/** `max(x, 0)`. Its gradient looks at the result, which the next layer keeps anyway, not at `x`. */
export function relu<T extends tf.Tensor>(x: T): T {
  const op = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc]
    const value = tf.relu(input)
    save([value])
    return {
      value,
      gradFunc: (dy: tf.Tensor, [y]: tf.Tensor[]) => tf.where(tf.greater(y!, 0), dy, tf.zerosLike(dy)),
    }
  })
  return op(x) as T
}
