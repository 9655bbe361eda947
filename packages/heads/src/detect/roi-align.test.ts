import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-core/dist/register_all_gradients'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { checkGradient, random } from '../../../nn/src/testing/checks'
import { pyramidRoiAlign, regionLevels, roiAlign } from './roi-align'

await tf.setBackend('cpu')

/** RoIAlign as its definition reads: one sample at a time, four neighbours each (Mask R-CNN; "aligned"). */
function byDefinition(
  map: tf.Tensor4D,
  image: number,
  box: readonly number[],
  { stride, size, samples }: { stride: number; size: number; samples: number },
): number[] {
  const [, height, width, channels] = map.shape
  const data = map.dataSync()
  const at = (y: number, x: number, c: number) => data[((image * height + y) * width + x) * channels + c]!
  const bilinear = (y: number, x: number, c: number) => {
    if (y < -1 || y > height || x < -1 || x > width) return 0
    const [top, left] = [Math.min(Math.max(y, 0), height - 1), Math.min(Math.max(x, 0), width - 1)]
    const [y0, x0] = [Math.floor(top), Math.floor(left)]
    const [y1, x1] = [Math.min(y0 + 1, height - 1), Math.min(x0 + 1, width - 1)]
    const [dy, dx] = [top - y0, left - x0]
    const upper = (1 - dx) * at(y0, x0, c) + dx * at(y0, x1, c)
    return (1 - dy) * upper + dy * ((1 - dx) * at(y1, x0, c) + dx * at(y1, x1, c))
  }
  const [left, top, right, bottom] = box.map((side) => side / stride - 0.5) as [
    number,
    number,
    number,
    number,
  ]
  const result: number[] = []
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++)
      for (let c = 0; c < channels; c++) {
        let sum = 0
        for (let sy = 0; sy < samples; sy++)
          for (let sx = 0; sx < samples; sx++)
            sum += bilinear(
              top + ((i + (sy + 0.5) / samples) * (bottom - top)) / size,
              left + ((j + (sx + 0.5) / samples) * (right - left)) / size,
              c,
            )
        result.push(sum / samples ** 2)
      }
  return result
}

describe('RoIAlign', () => {
  it('of a region on the grid is the mean of its pixels', () => {
    const map = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [1, 4, 4, 1])
    const cells = roiAlign({ stride: 8, values: map }, tf.tensor2d([[0, 0, 32, 32]]), { size: 2 })
    // With four samples a cell at the centres of its four pixels.
    expect([...cells.dataSync()]).toEqual([3.5, 5.5, 11.5, 13.5])
  })

  it('is what its definition gives, inside, over the edges and outside, for every image of a batch', () => {
    const map = random([2, 5, 7, 3]) as tf.Tensor4D
    const boxes = [
      [3.3, 2.1, 22.7, 15.9],
      [-9, -7, 14, 40],
      [60, 60, 90, 90],
      [8, 8, 8.5, 30],
    ]
    for (const samples of [1, 2, 3]) {
      const options = { stride: 4, size: 3, samples }
      const cells = roiAlign({ stride: 4, values: map }, tf.tensor2d(boxes), options).dataSync()
      const wanted = boxes.flatMap((box, i) => byDefinition(map, Math.floor(i / 2), box, options))
      cells.forEach((value, i) => void expect(value).toBeCloseTo(wanted[i]!, 5))
    }
  })

  it('has the gradient that differences show', () => {
    const boxes = tf.tensor2d([
      [1.2, 0.4, 15.1, 9.7],
      [-3, 5, 9, 19],
    ])
    checkGradient(
      (x) => roiAlign({ stride: 4, values: x as tf.Tensor4D }, boxes, { size: 2 }),
      [random([1, 5, 4, 2])],
    )
  })

  it('reads each region from the level of its size', () => {
    const boxes = tf.tensor2d([
      [0, 0, 100, 100],
      [0, 0, 112, 112],
      [0, 0, 224, 224],
      [0, 0, 500, 500],
      [0, 0, 9000, 9000],
      [5, 5, 5, 5],
    ])
    expect([...regionLevels(boxes, [4, 8, 16, 32]).dataSync()]).toEqual([0, 1, 2, 3, 3, 0])
    const level = (stride: number, value: number) => ({
      stride,
      values: tf.fill([1, 64 / stride, 64 / stride, 1], value) as tf.Tensor4D,
    })
    const levels = [level(4, 1), level(8, 2), level(16, 3), level(32, 4)]
    const small = pyramidRoiAlign(
      levels,
      tf.tensor2d([
        [0, 0, 60, 60],
        [-60, -60, 124, 124],
      ]),
      { size: 1, samples: 1 },
    )
    expect([...small.dataSync()]).toEqual([1, 2])
  })
})
