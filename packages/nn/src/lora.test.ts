import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-core/dist/register_all_gradients'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { conv2d } from './conv'
import { linear } from './linear'
import { noisePool } from './noise-pool'
import { checkGradient, close, random } from './testing/checks'

await tf.setBackend('cpu')

describe('a LoRA branch', () => {
  const x = random([2, 4, 4, 3]) as tf.Tensor4D
  const filter = random([2, 2, 3, 5], 1) as tf.Tensor4D
  const down = random([2, 2, 3, 2], 2) as tf.Tensor4D
  const up = random([2, 5], 3) as tf.Tensor2D

  it('beside a convolution is a convolution of its kernel and stride, then one of 1×1', () => {
    const inner = tf.conv2d(x, down, 2, 'valid')
    const branch = tf.conv2d(inner, tf.reshape(up, [1, 1, 2, 5]) as tf.Tensor4D, 1, 'valid')
    const wanted = tf.add(tf.conv2d(x, filter, 2, 'valid'), tf.mul(branch, 3))
    close(conv2d(x, { filter, lora: { down, up, scale: 3 } }, { stride: 2 }), [...wanted.dataSync()], 4)
  })

  it('has the gradients of its differences, in a linear layer and in a convolution', () => {
    checkGradient(
      (a, b, c) =>
        linear(a!, {
          kernel: random([4, 5], 9) as tf.Tensor2D,
          lora: { down: b!, up: c as tf.Tensor2D, scale: 2 },
        }),
      [random([2, 3, 4]), random([4, 2], 4), random([2, 5], 5)],
    )
    checkGradient(
      (a, b, c) =>
        conv2d(
          a as tf.Tensor4D,
          { filter, lora: { down: b!, up: c as tf.Tensor2D, scale: 2 } },
          { stride: 2 },
        ),
      [random([1, 4, 4, 3], 6), down, up],
    )
  })

  it('drops its own input and leaves the main product whole', () => {
    const rows = tf.tensor2d([[1, 2]])
    const noise = noisePool(tf.tensor1d([0.1, 0.9, 0, 0])) // below the rate: dropped; above: kept and doubled
    const kernel = tf.tensor2d([[1], [1]])
    const lora = { down: tf.tensor2d([[1], [1]]), up: tf.tensor2d([[1]]), scale: 10, dropout: 0.5, noise }
    close(linear(rows, { kernel, lora }), [3 + 10 * (2 * 2)])
  })

  it('is refused where the kernel is not as wide as its stride', () => {
    expect(() => conv2d(x, { filter, lora: { down, up, scale: 1 } })).toThrow(
      'LoRA needs a kernel as wide as its stride, got 2×2 at stride 1',
    )
  })
})
