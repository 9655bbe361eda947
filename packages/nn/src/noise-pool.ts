import * as tf from '@tensorflow/tfjs-core'
import { ShapeError } from './shape-error'

/**
 * Uniform random numbers for one step of a program. A graph has no random state of its own: the host fills one
 * vector from (seed, step), and every dropout site takes the next stretch of it. Sites larger than what is left
 * start over at the front, so that numbers are independent within a site as long as the pool covers it.
 */
export interface NoisePool {
  /** Uniforms in [0, 1) of the given shape. */
  uniform(shape: readonly number[]): tf.Tensor
}

/** @param pool `[size]` uniforms in [0, 1), filled anew by the host for every step. */
export function noisePool(pool: tf.Tensor1D): NoisePool {
  const size = pool.shape[0]
  if (size < 1) throw new ShapeError('noise pool: needs at least one number')
  let offset = 0
  return {
    uniform(shape) {
      const wanted = shape.reduce((a, b) => a * b, 1)
      if (offset + wanted > size) offset = 0
      const start = offset
      offset += wanted
      if (wanted <= size) return tf.reshape(tf.slice(pool, start, wanted), [...shape])
      offset = 0
      const times = Math.ceil(wanted / size)
      return tf.reshape(tf.slice(tf.tile(pool, [times]), 0, wanted), [...shape])
    },
  }
}
