import * as tf from '@tensorflow/tfjs-core'
import { describe, it } from 'vitest'
import { expectAsEager, floats, ints, type Op } from '../testing/as-eager'

const least = -(2 ** 31)
const dividends = ints([7, -7, 7, -7, 0, 16777217, -16777217, least, least, 2 ** 31 - 1, 5, 0])
const divisors = ints([2, 2, -2, -2, 3, 1, 1, 3, 1, -5, 0, 0])

describe('division of integers', () => {
  it('is exact, rounds down and gives 0 for a divisor of 0', () =>
    expectAsEager(tf.floorDiv as Op, [dividends, divisors]))

  it('by a constant is the same', () =>
    expectAsEager(
      ((x: tf.Tensor) => [tf.floorDiv(x, tf.scalar(3, 'int32')), tf.div(x, tf.scalar(-1, 'int32'))]) as Op,
      [ints([7, -7, 16777217, least + 1])],
    ))

  it('survives the one quotient that 32 bits have no room for', () =>
    expectAsEager(((x: tf.Tensor, y: tf.Tensor) => [tf.floorDiv(x, y), tf.mod(x, y)]) as Op, [
      ints([least]),
      ints([-1]),
    ]))

  it('leaves rests of the divisor’s sign, and 0 for a divisor of 0', () =>
    expectAsEager(tf.mod as Op, [dividends, divisors]))
})

describe('division of floats, rounded down,', () => {
  it('gives integers', () => expectAsEager(tf.floorDiv as Op, [floats([6]), floats([6], 2)]))
})
