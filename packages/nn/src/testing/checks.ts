import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'vitest'
import { rng } from '../rng'

// Test support: random tensors, closeness, gradients against differences.

/** Standard normal numbers, the same for the same stream. */
export const random = (shape: number[], stream = 0): tf.Tensor => {
  const generator = rng(5, stream)
  return tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => generator.normal()),
    shape,
  )
}
/** Every element close to the wanted one. */
export const close = (got: tf.Tensor, wanted: number[], digits = 5) => {
  const data = [...got.dataSync()]
  expect(data).toHaveLength(wanted.length)
  data.forEach((value, i) => void expect(value).toBeCloseTo(wanted[i]!, digits))
}

/** Compares the gradient of `sum(f(x) · weights)` with central differences at some elements of each input. */
export function checkGradient(f: (...xs: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[]): void {
  const weights = random(f(...inputs).shape, 99)
  const scalar = (...xs: tf.Tensor[]) => tf.sum(tf.mul(f(...xs), weights))
  const gradients = tf.grads(scalar as never)(inputs)
  const step = 1e-2
  inputs.forEach((input, which) => {
    const values = input.dataSync()
    for (let i = 0; i < values.length; i += Math.ceil(values.length / 7)) {
      const at = (delta: number) => {
        const moved = Float32Array.from(values)
        moved[i] = moved[i]! + delta
        return scalar(
          ...inputs.map((x, j) => (j === which ? tf.tensor(moved, input.shape) : x)),
        ).dataSync()[0]!
      }
      const numeric = (at(step) - at(-step)) / (2 * step)
      const exact = gradients[which]!.dataSync()[i]!
      expect(
        Math.abs(exact - numeric),
        `input ${which}, element ${i}: ${exact}, differences ${numeric}`,
      ).toBeLessThan(2e-2 * (1 + Math.abs(numeric)))
    }
  })
}
