import * as tf from '@tensorflow/tfjs-core'
import { ShapeError } from './shape-error'

/**
 * Uniform random numbers for one step of a program. A graph has no random state of its own: the host fills one
 * vector from (seed, step), and every dropout site takes a stretch of it: one after another to the pool's end, then from places
 * spread over it, no two of which are the same, so that no site drops the same elements as another of its size. Numbers
 * are independent within a site as long as three quarters of the pool cover it; larger sites repeat them.
 */
export interface NoisePool {
  /** Uniforms in [0, 1) of the given shape. */
  uniform(shape: readonly number[]): tf.Tensor
  /**
   * What to multiply `count` elements with in order to drop some: 0 at the given rate, else `1 / (1 - rate)`.
   * A vector whose length divides `count`, to be repeated: the comparison is made once for the whole pool, and a
   * large site needs no mask as large as itself.
   */
  mask(count: number, rate: number): tf.Tensor1D
}

/** A repeated stretch is at least this share of the pool; else numbers would depend on each other. */
const leastShare = 0.25

/** A repeated stretch is at most this share of the pool, which leaves room for other places to begin at. */
const mostShare = 0.75

/** Multiples of the golden ratio, whole parts left out, are spread evenly, however many there are. */
const golden = (Math.sqrt(5) - 1) / 2

/** @param pool `[size]` uniforms in [0, 1), filled anew by the host for every step. */
export function noisePool(pool: tf.Tensor1D): NoisePool {
  const size = pool.shape[0]
  if (size < 1) throw new ShapeError('noise pool: needs at least one number')
  const masks = new Map<number, tf.Tensor1D>()
  let [offset, spread] = [0, 0]
  const take = (source: tf.Tensor1D, wanted: number): tf.Tensor1D => {
    if (offset + wanted <= size) {
      offset += wanted
      return tf.slice(source, offset - wanted, wanted)
    }
    const place = (++spread * golden) % 1
    if (wanted <= size) return tf.slice(source, Math.floor(place * (size - wanted + 1)), wanted)
    const start = Math.floor(place * size)
    return tf.slice(tf.tile(source, [Math.ceil((start + wanted) / size)]), start, wanted)
  }
  return {
    uniform: (shape) =>
      tf.reshape(
        take(
          pool,
          shape.reduce((a, b) => a * b, 1),
        ),
        [...shape],
      ),
    mask(count, rate) {
      const known = masks.get(rate)
      const whole: tf.Tensor1D =
        known ?? tf.mul(tf.cast(tf.greaterEqual(pool, rate), 'float32'), 1 / (1 - rate))
      masks.set(rate, whole)
      const stretch = largestDivisor(count, size * mostShare)
      return take(whole, stretch >= Math.min(count, size * leastShare) ? stretch : count)
    },
  }
}

/** The largest whole part of `count` that is at most `limit`. */
function largestDivisor(count: number, limit: number): number {
  let parts = Math.max(1, Math.ceil(count / limit))
  while (count % parts !== 0) parts++
  return count / parts
}
