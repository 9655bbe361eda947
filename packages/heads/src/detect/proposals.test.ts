import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-core/dist/register_all_gradients'
import * as tf from '@tensorflow/tfjs-core'
import { rng } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { anchorBoxes } from './anchors'
import { boxHeadWeights, decodeBoxes, encodeBoxes } from './box-coding'
import { pairwiseOverlap } from './boxes'
import { detached } from './detached'
import { detectorVariants } from './detector-config'
import { matchBoxes } from './match'
import { propose, suppressed } from './rpn'
import { sampledMask, samplingKeys } from './sample'

await tf.setBackend('cpu')

const list = (x: tf.Tensor) => [...x.dataSync()]
const rounded = (x: tf.Tensor, digits = 4) => list(x).map((v) => Number(v.toFixed(digits)) + 0)

describe('anchors', () => {
  it('stand at the middle of every cell, ratio by ratio, with equal areas', () => {
    const boxes = anchorBoxes([{ stride: 8, rows: 1, columns: 2, sizes: [16] }], [1, 4])
    // Ratio 4 is twice as high and half as wide.
    expect([...boxes]).toEqual([-4, -4, 12, 12, 0, -12, 8, 20, 4, -4, 20, 12, 8, -12, 16, 20])
  })

  it('come in several sizes at every place', () => {
    const boxes = anchorBoxes([{ stride: 8, rows: 1, columns: 2, sizes: [8, 16] }], [1])
    expect([...boxes]).toEqual([0, 0, 8, 8, -4, -4, 12, 12, 8, 0, 16, 8, 4, -4, 20, 12])
  })

  it('follow one another from fine to coarse', () => {
    const levels = [
      { stride: 4, rows: 2, columns: 2, sizes: [32] },
      { stride: 8, rows: 1, columns: 1, sizes: [64] },
    ]
    expect([...anchorBoxes(levels, [1])].slice(-4)).toEqual([-28, -28, 36, 36])
  })
})

describe('box coding', () => {
  const box = tf.tensor2d([[0, 0, 10, 20]])
  const target = tf.tensor2d([[5, 0, 25, 20]])

  it('is shift over size and logarithm of growth, weighted', () => {
    expect(rounded(encodeBoxes(box, target, boxHeadWeights))).toEqual([
      10,
      0,
      rounded(tf.mul(5, Math.log(2)))[0],
      0,
    ])
  })

  it('comes back by decoding', () => {
    const deltas = encodeBoxes(box, target, boxHeadWeights)
    expect(rounded(decodeBoxes(box, deltas, boxHeadWeights), 3)).toEqual([5, 0, 25, 20])
  })

  it('limits growth to 1000 / 16', () => {
    const [left, , right] = list(decodeBoxes(box, tf.tensor2d([[0, 0, 100, 0]]), [1, 1, 1, 1]))
    expect(right! - left!).toBeCloseTo(625, 2)
  })
})

const truth = {
  boxes: tf.tensor2d([
    [0, 0, 10, 10],
    [20, 0, 30, 10],
    [0, 0, 0, 0],
  ]),
  classes: tf.tensor1d([1, 0, 0], 'int32'),
  valid: tf.tensor1d([1, 1, 0]),
}
const candidates = tf.tensor2d([
  [0, 0, 10, 10], // the first object itself
  [0, 0, 10, 20], // overlap 0.5
  [5, 0, 15, 10], // overlap 1/3
  [24, 0, 34, 10], // overlap 6/14 with the second object: its best
  [50, 50, 60, 60], // nothing
])

describe('matching', () => {
  it('measures overlaps', () => {
    expect(rounded(pairwiseOverlap(candidates, truth.boxes))).toEqual([
      1, 0, 0, 0.5, 0, 0, 0.3333, 0, 0, 0, 0.4286, 0, 0, 0, 0,
    ])
  })

  it('takes objects from one overlap on, background below another, neither between', () => {
    const anchors = matchBoxes(candidates, truth, { object: 0.7, background: 0.4, keepBest: false })
    expect(list(anchors.object)).toEqual([1, 0, 0, 0, 0])
    expect(list(anchors.background)).toEqual([0, 0, 1, 0, 1])
    expect(list(anchors.slot).slice(0, 4)).toEqual([0, 0, 0, 1])
  })

  it('gives every object its best candidate, and empty slots none', () => {
    const anchors = matchBoxes(candidates, truth, { object: 0.7, background: 0.45, keepBest: true })
    expect(list(anchors.object)).toEqual([1, 0, 0, 1, 0])
    expect(list(anchors.background)).toEqual([0, 0, 1, 0, 1])
  })

  it('finds background alone in an image without objects', () => {
    const nothing = { ...truth, valid: tf.tensor1d([0, 0, 0]) }
    const matched = matchBoxes(candidates, nothing, { object: 0.5, background: 0.5, keepBest: true })
    expect(list(matched.object)).toEqual([0, 0, 0, 0, 0])
    expect(list(matched.background)).toEqual([1, 1, 1, 1, 1])
  })
})

describe('sampling', () => {
  const object = tf.tensor1d([1, 1, 1, 0, 0, 0, 0, 0])
  const background = tf.tensor1d([0, 0, 0, 1, 1, 1, 1, 0])
  const draw = (seed: number, count = 4, objectShare = 0.25) => {
    const uniform = tf.tensor1d(rng(seed).fillUniform(new Float32Array(8)))
    const keys = samplingKeys(object, background, uniform, { count, objectShare })
    return list(sampledMask(keys, count))
  }

  it('keeps the share of objects and fills up with background', () => {
    for (let seed = 0; seed < 20; seed++) {
      const mask = draw(seed)
      expect(mask.slice(0, 3).filter(Boolean)).toHaveLength(1)
      expect(mask.slice(3, 7).filter(Boolean)).toHaveLength(3)
      expect(mask[7]).toBe(0)
    }
  })

  it('draws the same from the same numbers, and every candidate from some', () => {
    expect(draw(3)).toEqual(draw(3))
    const seen = Array.from({ length: 40 }, (_, seed) => draw(seed))
    for (let i = 0; i < 7; i++) expect(seen.some((mask) => mask[i] === 1)).toBe(true)
  })

  it('takes fewer where there are no more', () => {
    expect(draw(1, 8, 0.5)).toEqual([1, 1, 1, 1, 1, 1, 1, 0])
  })
})

describe('suppression', () => {
  it('keeps the best of overlapping boxes of a group, in order of score, and marks empty slots', () => {
    const boxes = tf.tensor2d([
      [0, 0, 10, 10],
      [0, 0, 10, 9],
      [0, 0, 10, 8],
      [30, 30, 40, 40],
    ])
    const scores = tf.tensor1d([0.5, 0.9, 0.7, 0.6])
    const groups = tf.tensor1d([0, 0, 1000, 0]) // the third is of another group
    const kept = suppressed(boxes, scores, groups, 4, 0.5, 0.1)
    expect(rounded(kept)).toEqual([
      ...[0, 0, 10, 9, 0.9, 1, 1],
      ...[0, 0, 10, 8, 0.7, 1, 2],
      ...[30, 30, 40, 40, 0.6, 1, 3],
      ...[0, 0, 0, 0, 0, 0, 0],
    ])
  })
})

describe('proposals', () => {
  it('are decoded anchors, cut at the image, without gradient', () => {
    const config = { ...detectorVariants.small, classes: 1, candidates: 2, proposals: 3 }
    const anchors = tf.tensor2d([
      [-4, -4, 8, 8],
      [0, 0, 8, 8],
      [40, 40, 48, 48], // outside an image of 32 × 32: nothing is left of it
    ])
    const objectness = tf.tensor2d([[0, -1, 5]])
    const output = { objectness, deltas: tf.zeros([1, 3, 4]) as tf.Tensor3D, anchors, counts: [2, 1] }
    const { boxes, valid } = propose(output, 0, [32, 32], config)
    expect(rounded(boxes)).toEqual([0, 0, 8, 8, 0, 0, 0, 0, 0, 0, 0, 0])
    expect(list(valid)).toEqual([1, 0, 0])
  })

  it('are constants to the tape', () => {
    const x = tf.tensor1d([1, 2])
    const gradient = tf.grad((y) =>
      tf.sum(
        tf.mul(
          y,
          detached(() => tf.topk(y, 2).values),
        ),
      ),
    )(x)
    expect(list(gradient)).toEqual([2, 1])
  })
})
