import * as tf from '@tensorflow/tfjs-core'

/** GELU with the exact error function, `x · Φ(x)`, and its closed-form gradient `Φ(x) + x · φ(x)`. */
export function gelu<T extends tf.Tensor>(x: T): T {
  const op = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc]
    save([input])
    const value = tf.getKernel('Gelu', tf.getBackend())
      ? (tf.engine().runKernel('Gelu', { x: input }) as tf.Tensor)
      : tf.mul(input, cdfOf(tf.mul(input, Math.SQRT1_2)))
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const x0 = saved[0]!
      const root = tf.mul(x0, Math.SQRT1_2)
      // 2 Φ(x) = 1 + erf(x / √2), and 2 φ(x) with its factor inside the exponent; the half of their sum may become a product's.
      const density = tf.exp(tf.sub(Math.LN2 - Math.log(2 * Math.PI) / 2, tf.square(root)))
      const twice = tf.add(tf.add(tf.erf(root), 1), tf.mul(x0, density))
      return tf.mul(dy, tf.mul(twice, 0.5))
    }
    return { value, gradFunc }
  })
  return op(x) as T
}

/** `Φ(x)` from `x / √2`. */
const cdfOf = (root: tf.Tensor): tf.Tensor => tf.mul(tf.add(tf.erf(root), 1), 0.5)
