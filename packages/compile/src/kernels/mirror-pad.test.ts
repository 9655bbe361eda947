import * as tf from '@tensorflow/tfjs-core'
import { describe, it } from 'vitest'
import { expectAsEager, floats, ints, type Op } from '../testing/as-eager'

const padded =
  (mode: 'reflect' | 'symmetric', ...paddings: [number, number][]): Op =>
  (x: tf.Tensor) =>
    tf.mirrorPad(x, paddings, mode)

describe('mirrored borders', () => {
  it('leave the outermost elements out where they reflect', () =>
    expectAsEager(padded('reflect', [1, 0], [2, 3]), [floats([2, 4])]))

  it('repeat the outermost elements where they are symmetric, for any width', async () => {
    await expectAsEager(padded('symmetric', [1, 0], [1, 1]), [floats([2, 4])])
    await expectAsEager(padded('symmetric', [0, 0], [3, 1]), [floats([2, 4])])
    await expectAsEager(padded('symmetric', [2, 1], [4, 4]), [floats([2, 4])])
    await expectAsEager(padded('symmetric', [0, 3]), [ints([1, 2, 3])])
  })
})
