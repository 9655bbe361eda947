import * as tf from '@tensorflow/tfjs-core'
import { describe, it } from 'vitest'
import { expectAsEager, floats, ints, type Op } from '../testing/as-eager'

const sum = ((x: tf.Tensor, ids: tf.Tensor1D) => tf.unsortedSegmentSum(x, ids, 3)) as Op

describe('sums by segment', () => {
  it('leave out rows whose ids name no segment', async () => {
    await expectAsEager(sum, [floats([6, 2]), ints([0, -1, 2, 3, -7, 0])])
    await expectAsEager(
      ((x: tf.Tensor) => tf.unsortedSegmentSum(x, tf.tensor1d([-1, 1, 1], 'int32'), 2)) as Op,
      [floats([3, 2])],
    )
  })

  it('are float32 for integers too', () => expectAsEager(sum, [ints([1, 2, 3]), ints([2, 0, 2])]))
})
