import * as tf from '@tensorflow/tfjs-core'
import { describe, it } from 'vitest'
import { type Arrays, bools, expectAsEager, ints, type Op } from '../testing/as-eager'

const cases: Record<string, [Op, ...Arrays]> = {
  'the mean of integers': [
    ((x: tf.Tensor) => [tf.mean(x), tf.mean(x, 1), tf.mean(x, 0, true)]) as Op,
    ints([1, 2, 2], [1, 3]),
  ],
  'the mean of truths': [((x: tf.Tensor) => [tf.mean(x), tf.mean(x, 0)]) as Op, bools([1, 0, 1])],
}

describe('operands of other types than float32 give what eager tfjs gives:', () => {
  for (const [name, [op, ...arrays]] of Object.entries(cases)) it(name, () => expectAsEager(op, arrays))
})
