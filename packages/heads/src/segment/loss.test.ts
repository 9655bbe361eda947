import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-core/dist/register_all_gradients'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { pixelLoss } from './loss'

await tf.setBackend('cpu')

describe('the pixel loss', () => {
  // Two classes; pixel 0 is of class 0 (logits 2, 0), pixel 1 of class 1 (logits 0, 1), pixel 2 is ignored.
  const logits = tf.tensor4d([2, 0, 0, 1, 5, -5], [1, 1, 3, 2])
  const labels = tf.tensor3d([0, 1, 255], [1, 1, 3], 'int32')
  const [first, second] = [Math.log1p(Math.exp(-2)), Math.log1p(Math.exp(-1))]
  const loss = (options = {}) => pixelLoss(logits, labels, options).loss.dataSync()[0]!

  it('is the mean over counted pixels, or over all as mmsegmentation takes it', () => {
    expect(loss()).toBeCloseTo((first + second) / 2, 6)
    expect(loss({ average: 'all' })).toBeCloseTo((first + second) / 3, 6)
  })

  it('weighs classes: PyTorch divides by the weights, mmsegmentation by the pixels', () => {
    const classWeights = [1, 3]
    expect(loss({ classWeights })).toBeCloseTo((first + 3 * second) / 4, 6)
    expect(loss({ classWeights, average: 'all' })).toBeCloseTo((first + 3 * second) / 3, 6)
  })

  it('counts what is right, and stays finite where nothing counts', () => {
    const { correct, counted } = pixelLoss(logits, labels)
    expect([correct.dataSync()[0], counted.dataSync()[0]]).toEqual([2, 2])
    expect(pixelLoss(logits, tf.fill([1, 1, 3], 255, 'int32') as tf.Tensor3D).loss.dataSync()[0]).toBeCloseTo(
      0,
      12,
    )
  })

  it('brings the logits to the labels’ size; its gradient is that of differences', () => {
    const small = tf.tensor4d([1, 0, -1, 2, 0.5, 0, 0, 0.3], [1, 2, 2, 2])
    const large = tf.tensor3d([0, 1, 255, 0, 1, 1, 0, 0, 1, 0, 1, 1, 255, 0, 0, 1], [1, 4, 4], 'int32')
    const value = (x: tf.Tensor) => pixelLoss(x as tf.Tensor4D, large, { classWeights: [1, 2] }).loss
    const gradient = tf.grad(value)(small).dataSync()
    const data = small.dataSync()
    for (let i = 0; i < data.length; i++) {
      const at = (delta: number) => {
        const moved = Float32Array.from(data)
        moved[i]! += delta
        return value(tf.tensor(moved, small.shape)).dataSync()[0]!
      }
      expect(gradient[i]).toBeCloseTo((at(1e-2) - at(-1e-2)) / 2e-2, 3)
    }
  })
})
