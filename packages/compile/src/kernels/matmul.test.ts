import * as tf from '@tensorflow/tfjs-core'
import { describe, it } from 'vitest'
import { expectAsEager, floats, type Op } from '../testing/as-eager'

const product = ((a: tf.Tensor, b: tf.Tensor) => tf.matMul(a, b)) as Op
const biased = ((a: tf.Tensor2D, b: tf.Tensor2D, bias: tf.Tensor) =>
  tf.fused.matMul({ a, b, bias, activation: 'relu' })) as Op

describe('products of empty matrices', () => {
  it('are zeros where nothing is summed', async () => {
    await expectAsEager(product, [floats([2, 0]), floats([0, 3])])
    await expectAsEager(product, [floats([2, 4, 0]), floats([2, 0, 3])])
    await expectAsEager(((a: tf.Tensor, b: tf.Tensor) => tf.matMul(a, b, true, true)) as Op, [
      floats([0, 2]),
      floats([3, 0]),
    ])
  })

  it('are the bias where there is one', () =>
    expectAsEager(biased, [floats([2, 0]), floats([0, 3]), floats([3], 2)]))

  it('are empty where a side is', async () => {
    await expectAsEager(product, [floats([2, 3]), floats([3, 0])])
    await expectAsEager(product, [floats([0, 3]), floats([3, 2])])
  })
})
