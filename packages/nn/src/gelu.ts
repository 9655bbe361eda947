import * as tf from '@tensorflow/tfjs-core'

/** GELU with the exact error function, `x · Φ(x)`, and its closed-form gradient `Φ(x) + x · φ(x)`. */
export function gelu<T extends tf.Tensor>(x: T): T {
  const op = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc]
    save([input])
    const value = tf.getKernel('Gelu', tf.getBackend())
      ? (tf.engine().runKernel('Gelu', { x: input }) as tf.Tensor)
      : tf.mul(input, normalCdf(input))
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const x0 = saved[0]!
      const density = tf.mul(tf.exp(tf.mul(tf.square(x0), -0.5)), 1 / Math.sqrt(2 * Math.PI))
      return tf.mul(dy, tf.add(normalCdf(x0), tf.mul(x0, density)))
    }
    return { value, gradFunc }
  })
  return op(x) as T
}

const normalCdf = (x: tf.Tensor): tf.Tensor => tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5)
