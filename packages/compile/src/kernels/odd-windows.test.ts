import * as tf from '@tensorflow/tfjs-core'
import type { HostArray } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { expectAsEager, floats, type Op, outputsOf, withGradients } from '../testing/as-eager'

const f = floats
type Filtered = (x: tf.Tensor4D, w: tf.Tensor4D) => tf.Tensor
const conv =
  (strides: number | [number, number], pad: number, mode?: 'ceil' | 'round'): Filtered =>
  (x, w) =>
    tf.conv2d(x, w, strides, pad, 'NHWC', 1, mode)
const depthwise =
  (strides: number | [number, number], pad: number, mode?: 'ceil'): Filtered =>
  (x, w) =>
    tf.depthwiseConv2d(x, w, strides, pad, 'NHWC', 1, mode)
const maxPool =
  (size: number | [number, number], strides: number | [number, number], pad: number, mode?: 'ceil') =>
  (x: tf.Tensor4D) =>
    tf.maxPool(x, size, strides, pad, mode)

// A number as `pad` takes the filter's height and stride for both sides of the output.
const odd: Record<string, [unknown, ...HostArray[]]> = {
  'a filter higher than wide': [conv(1, 0), f([1, 7, 5, 2]), f([3, 1, 2, 2], 2)],
  'a filter wider than high': [conv(1, 0), f([1, 7, 5, 2]), f([1, 2, 2, 2], 2)],
  'a filter higher than wide, padded': [conv(1, 1), f([1, 7, 5, 2]), f([2, 1, 2, 2], 2)],
  'a filter wider than high, padded': [conv(1, 1), f([1, 7, 5, 2]), f([1, 3, 2, 2], 2)],
  'strides of two sizes': [conv([2, 1], 0), f([1, 7, 5, 2]), f([3, 3, 2, 2], 2)],
  'strides of two sizes, padded': [conv([1, 2], 1), f([1, 7, 5, 2]), f([3, 3, 2, 2], 2)],
  'strides and a filter of two sizes': [conv([2, 1], 1), f([2, 6, 9, 2]), f([3, 1, 2, 3], 2)],
  'strides of two sizes, ragged': [conv([2, 3], 0), f([1, 8, 9, 2]), f([3, 2, 2, 2], 2)],
  'a depthwise filter higher than wide': [depthwise(1, 0), f([2, 7, 5, 3]), f([3, 1, 3, 1], 2)],
  'a depthwise filter wider than high': [depthwise(1, 1), f([2, 7, 5, 3]), f([1, 3, 3, 2], 2)],
  'a depthwise filter, rounded up': [depthwise(2, 0, 'ceil'), f([1, 6, 6, 2]), f([3, 3, 2, 1], 2)],
  'the largest of a window wider than high': [maxPool([1, 2], 1, 0), f([1, 5, 6, 2])],
  'the largest of a window higher than wide': [maxPool([3, 2], 1, 1), f([1, 5, 6, 2])],
  'the largest at strides of two sizes': [maxPool(2, [2, 1], 0), f([1, 7, 5, 2])],
}

describe('windows of two sizes give what eager tfjs gives:', () => {
  for (const [name, [op, ...arrays]] of Object.entries(odd)) {
    it(name, () => expectAsEager(op as Op, arrays))
    it(`the gradients of ${name}`, () => expectAsEager(withGradients(op as Op), arrays))
  }
  it('the mean of a window higher than wide', () =>
    expectAsEager(((x: tf.Tensor4D) => tf.avgPool(x, [3, 2], 1, 1)) as Op, [f([1, 5, 6, 2])]))
})

describe('an output rounded up', () => {
  it('is what eager tfjs gives', async () => {
    await expectAsEager(maxPool(2, 2, 0, 'ceil') as Op, [f([1, 5, 5, 1])])
    await expectAsEager(((x: tf.Tensor4D) => tf.avgPool(x, 2, 2, 0, 'ceil')) as Op, [f([1, 5, 5, 1])])
    await expectAsEager(conv(2, 0, 'ceil') as Op, [f([1, 6, 6, 1]), f([3, 3, 1, 1], 2)])
    await expectAsEager(conv(4, 0, 'round') as Op, [f([1, 9, 9, 1]), f([3, 3, 1, 1], 2)])
  })

  it('has no gradient where tfjs forgets that it was', async () => {
    const gradient = (op: unknown, ...arrays: HostArray[]) =>
      outputsOf(withGradients(op as Op), arrays, { engine: 'cpu' })
    await expect(gradient(conv(2, 0, 'ceil'), f([1, 6, 6, 1]), f([3, 3, 1, 1], 2))).rejects.toThrow(
      /Conv2DBackprop.*: tfjs does not hand dimRoundingMode on/,
    )
    await expect(gradient(maxPool(2, 2, 0, 'ceil'), f([1, 5, 5, 1]))).rejects.toThrow('MaxPoolGrad: tfjs')
  })
})

describe('windows outside of an image', () => {
  it('are refused by the name of the argument', () =>
    expect(outputsOf(maxPool([3, 1], 1, 1) as Op, [f([1, 5, 6, 2])], { engine: 'cpu' })).rejects.toThrow(
      'MaxPool: pad 1 lets windows of [3, 1] lie outside of [1,5,6,2]',
    ))
})
