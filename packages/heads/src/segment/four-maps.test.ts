import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-core/dist/register_all_gradients'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { batchNorms } from './batch-norms'
import { type CoarserMapParams, fourMaps, type SimplePyramidParams } from './four-maps'

await tf.setBackend('cpu')

const unitNorm = { scale: tf.tensor1d([1]), offset: tf.tensor1d([0]) }
const norms = batchNorms(
  Object.fromEntries(
    ['neck.fpn.bn', 'neck.fpn1.bn'].flatMap((path) => [
      [`${path}.mean`, tf.tensor1d([0])],
      [`${path}.variance`, tf.tensor1d([1])],
    ]),
  ),
  false,
)
const map = (stride: number, values: tf.Tensor4D) => ({ stride, values })
const gelu = (x: number) => x * 0.5 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))

describe('batch norms', () => {
  it('name the statistics that are wanted where a layer has none', () => {
    expect(() => norms.normalise(tf.zeros([1, 1, 1, 1]), unitNorm, 'fuse.bn')).toThrow(
      "batch norm 'fuse.bn' has no running statistics: 'fuse.bn.mean' and 'fuse.bn.variance' are wanted, as " +
        'initStatistics makes them; there are neck.fpn.bn.mean, neck.fpn.bn.variance',
    )
  })
})

describe('four maps', () => {
  it('of three: a strided convolution that sees no padding, then GELU', () => {
    const params: CoarserMapParams = {
      fpn: { conv: { filter: tf.ones([3, 3, 1, 1]), bias: tf.tensor1d([-8]) }, bn: unitNorm },
    }
    const stages = [4, 8, 16].map((stride) => map(stride, tf.ones([1, 5, 7, 1])))
    const [, , , coarse] = fourMaps(stages, params, norms)
    expect([coarse!.stride, coarse!.values.shape]).toEqual([32, [1, 2, 3, 1]])
    // 9 - 8 = 1 in every place: padding would make the corners see less.
    for (const value of coarse!.values.dataSync()) expect(value).toBeCloseTo(gelu(1), 3)
  })

  it('of one: doubled twice, doubled, as it is, and the greatest of every square', () => {
    const up = (kernel: number[]) => ({
      kernel: tf.tensor2d(kernel, [1, 4]),
      bias: tf.zeros([4]) as tf.Tensor1D,
    })
    const params: SimplePyramidParams = {
      fpn1: { up1: up([1, 0, 0, 0]), bn: unitNorm, up2: up([1, 1, 1, 1]) },
      fpn2: { up: up([1, 2, 3, 4]) },
    }
    const values = tf.tensor4d([1, 5, 9, 2, 3, 7], [1, 2, 3, 1])
    const maps = fourMaps([map(16, values)], params, norms)
    expect(maps.map(({ stride, values: { shape } }) => [stride, shape])).toEqual([
      [4, [1, 8, 12, 1]],
      [8, [1, 4, 6, 1]],
      [16, [1, 2, 3, 1]],
      [32, [1, 1, 1, 1]],
    ])
    // Each pixel becomes a square of its multiples, row by row.
    expect([...maps[1]!.values.dataSync()].slice(0, 12)).toEqual([1, 2, 5, 10, 9, 18, 3, 4, 15, 20, 27, 36])
    // An odd column is left out: the greatest of 1, 5, 2, 3.
    expect([...maps[3]!.values.dataSync()]).toEqual([5])
    // Only the upper left of the first doubling is kept; GELU stands between the two.
    const first = [...maps[0]!.values.dataSync()].slice(0, 4)
    first.forEach((value, i) => void expect(value).toBeCloseTo(i < 2 ? gelu(1) : 0, 3))
  })
})
