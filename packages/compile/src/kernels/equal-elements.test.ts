import * as tf from '@tensorflow/tfjs-core'
import { describe, it } from 'vitest'
import { expectAsEager, floats, ints, type Op } from '../testing/as-eager'

const x = floats([2, 3])
const cases: Record<string, Op> = {
  'a comparison': () => tf.greater(tf.ones([2, 3]), tf.zeros([2, 3])),
  'the larger of two': () => tf.maximum(tf.ones([2]), tf.zeros([2])),
  'a sum of integers': () => tf.add(tf.ones([2], 'int32'), tf.ones([2], 'int32')),
  'a broadcast sum': () => tf.maximum(tf.ones([2, 1]), tf.zeros([1, 3])),
  'branches of one condition': ((given: tf.Tensor) =>
    tf.where(tf.greater(tf.sum(given), 0), tf.ones([3]), tf.zeros([3]))) as Op,
  'branches of a condition for every row': ((given: tf.Tensor) =>
    tf.where(tf.greater(tf.sum(given, 1), 0), tf.ones([2, 2]), tf.zeros([2, 2]))) as Op,
  'branches of a known condition': () => tf.where(tf.ones([3], 'bool'), tf.ones([3]), tf.zeros([3])),
  'a part of a concatenation': ((given: tf.Tensor) =>
    tf.concat([given, tf.maximum(tf.zerosLike(given), tf.onesLike(given))])) as Op,
  'a product': () => tf.mul(tf.fill([2], 3), tf.fill([2], 2)),
}

describe('operands of equal elements keep the shape of', () => {
  for (const [name, op] of Object.entries(cases)) {
    it(name, () => expectAsEager(op, [x]))
    it(`${name}, unfolded`, () => expectAsEager(op, [x], { without: ['constantFolding'] }))
  }
})

describe('indices of equal elements', () => {
  it('take the gradient of gather', () =>
    expectAsEager(
      ((given: tf.Tensor) =>
        tf.grad((t: tf.Tensor) => tf.sum(tf.square(tf.gather(t, tf.tensor1d([1], 'int32')))))(given)) as Op,
      [x],
    ))

  it('name rows of gatherND and scatterND', () =>
    expectAsEager(
      ((given: tf.Tensor, updates: tf.Tensor) => {
        const places = tf.tensor2d([[1], [1]], [2, 1], 'int32')
        return [tf.gatherND(given, places), tf.scatterND(places, updates, [4])]
      }) as Op,
      [x, ints([5, 6])],
    ))
})
