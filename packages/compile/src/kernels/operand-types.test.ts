import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { type Arrays, bools, expectAsEager, ints, type Op, outputsOf } from '../testing/as-eager'

const cases: Record<string, [Op, ...Arrays]> = {
  'the mean of integers': [
    ((x: tf.Tensor) => [tf.mean(x), tf.mean(x, 1), tf.mean(x, 0, true)]) as Op,
    ints([1, 2, 2], [1, 3]),
  ],
  'the mean of truths': [((x: tf.Tensor) => [tf.mean(x), tf.mean(x, 0)]) as Op, bools([1, 0, 1])],
  'comparisons of truths': [
    ((a: tf.Tensor, b: tf.Tensor) => [
      tf.greater(a, b),
      tf.greaterEqual(a, b),
      tf.less(a, b),
      tf.lessEqual(a, b),
      tf.equal(a, b),
    ]) as Op,
    ...[bools([1, 0, 1, 0]), bools([1, 1, 0, 0])],
  ],
  'products of truths': [
    ((a: tf.Tensor, b: tf.Tensor) => [tf.mul(a, b), tf.square(a), tf.squaredDifference(a, b)]) as Op,
    ...[bools([1, 0, 1, 0]), bools([1, 1, 0, 0])],
  ],
  'a choice of truths': [
    ((a: tf.Tensor, b: tf.Tensor) => [
      tf.where(b, a, tf.logicalNot(a)),
      tf.where(a, tf.onesLike(b), b),
    ]) as Op,
    ...[bools([1, 0, 1, 0]), bools([1, 1, 0, 0])],
  ],
  'the greatest and the least truth': [
    ((x: tf.Tensor) => [tf.max(x, 1), tf.min(x, 0), tf.argMax(x, 1), tf.argMin(x, 1)]) as Op,
    bools([1, 0, 1, 1], [2, 2]),
  ],
  'the order and the sums of truths': [
    ((x: tf.Tensor) => [tf.topk(x, 1).values, tf.topk(x, 1).indices, tf.cumsum(x, 1)]) as Op,
    bools([1, 0, 1, 1], [2, 2]),
  ],
  'what leaves truths as they are': [
    ((x: tf.Tensor) => [tf.abs(x), tf.sign(x), tf.relu(x), tf.relu6(x), tf.step(x), tf.round(x)]) as Op,
    bools([1, 0]),
  ],
  'what is told of integers': [
    ((x: tf.Tensor) => [tf.isNaN(x), tf.isInf(x), tf.isFinite(x), tf.round(x)]) as Op,
    ints([1, -2, 16777217]),
  ],
  'functions of integers': [
    ((x: tf.Tensor) => [
      tf.exp(x),
      tf.expm1(x),
      tf.sinh(x),
      tf.atan(x),
      tf.softplus(x),
      tf.leakyRelu(x),
    ]) as Op,
    ints([1, -2, 3]),
  ],
  'products of matrices of integers': [
    ((a: tf.Tensor, b: tf.Tensor) => [tf.matMul(a, b), tf.matMul(a, b, true, true)]) as Op,
    ...[ints([1, -2, 3, 16777217], [2, 2]), ints([2, 3, -1, 1], [2, 2])],
  ],
  'the largest integers of windows': [
    ((x: tf.Tensor4D) => tf.maxPool(x, 2, 1, 0)) as Op,
    ints([1, -2, 3, 5], [1, 2, 2, 1]),
  ],
}

describe('operands of other types than float32 give what eager tfjs gives:', () => {
  for (const [name, [op, ...arrays]] of Object.entries(cases)) it(name, () => expectAsEager(op, arrays))
})

describe('sums of truths, which a truth cannot hold,', () => {
  it('are refused by name', () =>
    expect(outputsOf(tf.add as Op, [bools([1]), bools([1])], { engine: 'cpu' })).rejects.toThrow(
      'Add: operands of type bool have no lowering; cast them to int32 first',
    ))
})
