import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-core/dist/register_all_gradients'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { conv2d } from './conv'
import { convResized } from './conv-resized'
import { resize } from './resize'
import { random } from './testing/checks'

await tf.setBackend('cpu')

const drawn = (shape: number[], stream: number) => random(shape, stream) as tf.Tensor4D

/** What the layer replaces. */
const plain = (maps: tf.Tensor4D[], filter: tf.Tensor4D): tf.Tensor4D => {
  const [, height, width] = maps[0]!.shape
  const resized = maps.map((map) => resize(map, height, width))
  return conv2d(tf.concat(resized, 3), { filter }, { padding: 'same' })
}

const largest = (x: tf.Tensor): number => tf.max(tf.abs(x)).dataSync()[0]!

describe('a convolution of resized maps', () => {
  it.each([
    ['a pyramid', 3, '8×12×2 4×6×3 2×3×1 1×2×2'],
    ['sizes that do not halve', 3, '9×7×2 5×4×2 2×2×2'],
    ['pooled cells', 3, '5×5×3 1×1×2 2×2×2 3×3×1'],
    ['a filter wider than the maps', 5, '3×4×2 2×2×2'],
    ['an even filter', 2, '6×6×1 3×3×2'],
    ['a filter of one pixel', 1, '6×4×2 3×2×2'],
    ['maps as large as the first, larger, or narrower and taller', 3, '6×6×2 6×6×1 8×9×2 9×3×2'],
    ['one map', 3, '5×4×3'],
  ])('is the convolution of what would be put side by side, with its gradients: %s', (_, kernel, text) => {
    const sizes = text.split(' ').map((size) => size.split('×').map(Number))
    const maps = sizes.map((size, i) => drawn([2, ...size], i))
    const channels = sizes.reduce((sum, [, , next]) => sum + next!, 0)
    const filter = drawn([kernel, kernel, channels, 3], 9)
    const weights = drawn([2, sizes[0]![0]!, sizes[0]![1]!, 3], 10)
    const answers = (layer: typeof plain) => {
      const loss = (...given: tf.Tensor[]) =>
        tf.sum(tf.mul(layer(given.slice(0, -1) as tf.Tensor4D[], given.at(-1) as tf.Tensor4D), weights))
      return [layer(maps, filter), ...tf.grads(loss as never)([...maps, filter])]
    }
    const wanted = answers(plain)
    answers((given, weight) => convResized(given, { filter: weight })).forEach((answer, i) => {
      expect(answer.shape).toEqual(wanted[i]!.shape)
      expect(largest(tf.sub(answer, wanted[i]!)) / largest(wanted[i]!)).toBeLessThan(1e-5)
    })
  })

  it('adds the bias once', () => {
    const maps = [drawn([1, 4, 4, 1], 1), drawn([1, 2, 2, 1], 2)]
    const filter = drawn([3, 3, 2, 2], 3)
    const difference = tf.sub(
      convResized(maps, { filter, bias: tf.tensor1d([1, -2]) }),
      convResized(maps, { filter }),
    )
    expect(largest(tf.sub(difference, [1, -2]))).toBeLessThan(1e-5)
  })

  it('refuses a filter for another number of channels', () => {
    expect(() => convResized([drawn([1, 4, 4, 2], 1)], { filter: drawn([3, 3, 3, 1], 2) })).toThrow(
      'convResized: maps of 2 channels, the filter is for 3',
    )
  })
})
