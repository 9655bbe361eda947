import * as tf from '@tensorflow/tfjs-core'
import type { NoisePool } from './noise-pool'
import { ShapeError } from './shape-error'

/** Zeroes elements at the given rate and scales the others by `1 / (1 - rate)`. Rate 0 changes nothing. */
export function dropout<T extends tf.Tensor>(x: T, rate: number, noise: NoisePool | undefined): T {
  return dropBy(x, rate, noise, x.shape)
}

/** Stochastic depth: zeroes the whole branch of some samples of the batch (first axis). */
export function dropPath<T extends tf.Tensor>(x: T, rate: number, noise: NoisePool | undefined): T {
  return dropBy(
    x,
    rate,
    noise,
    x.shape.map((dim, i) => (i === 0 ? dim : 1)),
  )
}

/** Zeroes whole channels (last axis) of a sample: PyTorch's `Dropout2d`. */
export function dropChannels<T extends tf.Tensor>(x: T, rate: number, noise: NoisePool | undefined): T {
  const last = x.shape.length - 1
  return dropBy(
    x,
    rate,
    noise,
    x.shape.map((dim, i) => (i === 0 || i === last ? dim : 1)),
  )
}

function dropBy<T extends tf.Tensor>(x: T, rate: number, noise: NoisePool | undefined, shape: number[]): T {
  if (rate <= 0) return x
  if (rate >= 1) throw new ShapeError(`dropout: rate ${rate} must lie in [0, 1)`)
  if (!noise) throw new ShapeError(`dropout: rate ${rate} needs a noise pool`)
  const count = shape.reduce((a, b) => a * b, 1)
  const mask = noise.mask(count, rate)
  if (count < x.size || mask.size === count) return tf.mul(x, tf.reshape(mask, shape)) as T
  return tf.reshape(tf.mul(tf.reshape(x, [-1, mask.size]), mask), x.shape) as T
}
