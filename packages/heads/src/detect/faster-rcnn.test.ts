import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { mapTree, rng, toTensor } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import type { DetectorConfig } from './detector-config'
import {
  anchorCount,
  type BatchTruth,
  detect,
  detectionLosses,
  detectorParams,
  initDetector,
  uniformCount,
} from './faster-rcnn'
import { doubled, featurePyramid, initPyramid, type PyramidParams, thinned } from './feature-pyramid'
import { binaryCrossEntropy } from './losses'
import {
  config,
  difference,
  featureMaps,
  findProgram,
  inputs,
  lossProgram,
  maps,
  open,
  outputsOn,
  stages,
  uniforms,
} from './testing/small-detector'

await tf.setBackend('cpu')

describe('the losses', () => {
  it('and their gradient are the same compiled and eager', async () => {
    const ours = await outputsOn(lossProgram, inputs, 'cpu')
    const eager = await outputsOn(lossProgram, inputs, 'tfjs:cpu')
    const names = [
      'boxes',
      'classes',
      'gradient',
      'masks',
      'regionAccuracy',
      'rpnBoxes',
      'rpnObjectness',
      'total',
    ]
    expect(Object.keys(ours).sort()).toEqual(names)
    for (const name of names) expect(difference(ours[name]!, eager[name]!), name).toBeLessThan(1e-4)
    // A head that knows nothing: 2 + 1 classes, masks of either kind.
    expect(ours.rpnObjectness!.data[0]).toBeCloseTo(Math.LN2, 1)
    expect(ours.classes!.data[0]).toBeCloseTo(Math.log(3), 1)
    expect(ours.masks!.data[0]).toBeCloseTo(Math.LN2, 1)
    expect(Math.max(...ours.gradient!.data.map(Math.abs))).toBeGreaterThan(0)
  })

  it('depend on the random numbers alone', async () => {
    const compiled = await open(lossProgram, inputs, 'cpu')
    const total = async (seed: number) => {
      const uniform = { ...inputs.uniform!, data: rng(seed).fillUniform(new Float32Array(2 * uniforms)) }
      return (await compiled.run({ ...inputs, uniform })).total!.data[0]
    }
    expect(await total(5)).toBe(await total(5))
    expect(await total(5)).not.toBe(await total(6))
    await compiled.dispose()
  })
})

describe('detections', () => {
  it('are the same compiled and eager, in fixed slots by falling score', async () => {
    const ours = await outputsOn(findProgram, maps, 'cpu')
    const eager = await outputsOn(findProgram, maps, 'tfjs:cpu')
    expect(ours.boxes!.shape).toEqual([2, 5, 4])
    expect(ours.masks!.shape).toEqual([2, 5, 28, 28])
    for (const name of ['boxes', 'scores', 'classes', 'masks'])
      expect(difference(ours[name]!, eager[name]!), name).toBeLessThan(1e-3)
    const scores = [...ours.scores!.data]
    expect(scores.slice(0, 5)).toEqual(scores.slice(0, 5).sort((a, b) => b - a))
    expect(scores.some((score) => score > 0)).toBe(true)
    expect(scores.every((score) => score === 0 || score > 0.33)).toBe(true)
  })
})

it('no detector is made of weights of something else', () => {
  expect(() => detectorParams({ rpn: { bias: tf.zeros([1]) } })).toThrow('no pyramid, no boxHead in rpn')
})

describe('a detector of one class', () => {
  it('has losses and detections too', () => {
    const single = { ...config, classes: 1 }
    const params = detectorParams(mapTree(initDetector(single, stages, rng(3)), toTensor))
    const given = mapTree(inputs, toTensor) as unknown as Record<string, tf.Tensor>
    const truth = { ...given, classes: tf.zerosLike(given.classes!) } as unknown as BatchTruth
    const losses = detectionLosses(featureMaps(given), params, single, truth, given.uniform as tf.Tensor2D)
    expect(losses.classes.dataSync()[0]).toBeCloseTo(Math.LN2, 1)
    expect(losses.masks!.dataSync()[0]).toBeCloseTo(Math.LN2, 1)
    expect(detect(featureMaps(given), params, single).scores.shape).toEqual([2, 5])
    const many = { ...single, regionSamples: 99 }
    expect(() =>
      detectionLosses(featureMaps(given), params, many, truth, given.uniform as tf.Tensor2D),
    ).toThrow('regionSamples is 99, but proposals and slots together give only 15')
  })
})

describe('anchors of a detector', () => {
  const given = mapTree(inputs, toTensor) as unknown as Record<string, tf.Tensor>
  const lossesWith = (changed: Partial<DetectorConfig>) => {
    const other = { ...config, ...changed }
    const params = detectorParams(mapTree(initDetector(other, stages, rng(3)), toTensor))
    const numbers = uniformCount([64, 96], 3, other)
    const uniform = tf.tensor2d(rng(2).fillUniform(new Float32Array(2 * numbers)), [2, numbers])
    return detectionLosses(featureMaps(given), params, other, given as unknown as BatchTruth, uniform)
  }
  const loss = (term: tf.Tensor) => term.dataSync()[0]!

  it('are objects from the chosen overlap on: the higher it is, the fewer boxes there are to learn', () => {
    const [low, high] = [0.3, 0.9].map((rpnObjectOverlap) =>
      loss(lossesWith({ rpnObjectOverlap, rpnBackgroundOverlap: 0.3 }).rpnBoxes),
    )
    expect(low!).toBeGreaterThan(1.5 * high!)
    // Every object keeps its best anchor.
    expect(high!).toBeGreaterThan(0)
  })

  it('may have several sizes at a place', () => {
    const single = anchorCount([64, 96], config)
    const several = { anchorScales: [1, 1.5] }
    expect(anchorCount([64, 96], { ...config, ...several })).toBe(2 * single)
    expect(Number.isFinite(loss(lossesWith(several).total))).toBe(true)
  })
})

describe('the pyramid', () => {
  const levelsOf = (given: typeof stages) => {
    const params = mapTree(initPyramid(given, 6, rng(1)), toTensor) as unknown as PyramidParams
    const features = given.map(({ stride, channels }) => ({
      stride,
      values: tf.ones([1, 64 / stride, 128 / stride, channels]) as tf.Tensor4D,
    }))
    return featurePyramid(features, params).map(({ stride, values }) => [stride, ...values.shape])
  }
  const wanted = [4, 8, 16, 32, 64].map((stride) => [stride, 1, 64 / stride, 128 / stride, 6])

  it('has strides 4 to 64 from MCMAE’s three maps and from a ViT’s one', () => {
    expect(levelsOf(stages)).toEqual(wanted)
    expect(levelsOf([{ stride: 16, channels: 8 }])).toEqual(wanted)
    expect(levelsOf([{ stride: 8, channels: 8 }])).toEqual(wanted)
  })

  it('refuses strides that are not its own', () => {
    expect(() => levelsOf([{ stride: 14, channels: 8 }])).toThrow('the backbone gives 14')
  })

  it('doubles and thins maps', () => {
    const map = tf.tensor4d([1, 2, 3, 4, 5, 6], [1, 2, 3, 1])
    expect([...doubled(map).dataSync()]).toEqual([
      1, 1, 2, 2, 3, 3, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 4, 4, 5, 5, 6, 6,
    ])
    expect([...thinned(map).dataSync()]).toEqual([1, 3])
  })
})

describe('binary cross-entropy', () => {
  it('of a coin is ln 2, and stays finite far out', () => {
    const values = binaryCrossEntropy(
      tf.tensor1d([0, 0, 200, -200, 200]),
      tf.tensor1d([0, 1, 1, 0, 0]),
    ).dataSync()
    for (const [i, wanted] of [Math.LN2, Math.LN2, 0, 0, 200].entries())
      expect(values[i]).toBeCloseTo(wanted, 5)
  })
})
