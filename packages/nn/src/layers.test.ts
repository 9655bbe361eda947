import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-core/dist/register_all_gradients'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { attention } from './attention'
import { batchNormEval, batchNormTrain } from './batch-norm'
import { conv2d, depthwiseConv2d, patchify, unpatchify } from './conv'
import { dropChannels, dropout, dropPath } from './dropout'
import { gelu } from './gelu'
import { kaimingNormal } from './initialisers'
import { linear } from './linear'
import { noisePool } from './noise-pool'
import { layerNorm } from './norm'
import { sinCosPositions } from './position'
import { relu } from './relu'
import { adaptiveAveragePool, resize } from './resize'
import { rng } from './rng'
import { checkGradient, close, random } from './testing/checks'

// Before any `describe`: their bodies make tensors, and files in one process share the backend of the last.
await tf.setBackend('cpu')

describe('linear', () => {
  const kernel = tf.tensor2d([
    [1, 2],
    [3, 4],
  ])

  it('multiplies the last axis and adds the bias', () => {
    close(
      linear(tf.tensor3d([[[1, 0]], [[0, 1]]]), { kernel, bias: tf.tensor1d([10, 20]) }),
      [11, 22, 13, 24],
    )
  })

  it('adds the LoRA branch, scaled', () => {
    const lora = { down: tf.tensor2d([[1], [1]]), up: tf.tensor2d([[1, -1]]) as tf.Tensor2D, scale: 2 }
    close(linear(tf.tensor2d([[1, 2]]), { kernel, lora }), [7 + 6, 10 - 6])
  })

  it('has the gradient of its differences', () => {
    checkGradient(
      (x, w, b) => linear(x!, { kernel: w as tf.Tensor2D, bias: b as tf.Tensor1D }),
      [random([2, 3, 4]), random([4, 5], 1), random([5], 2)],
    )
  })
})

describe('layerNorm', () => {
  it('gives mean 0 and variance 1, scaled and moved', () => {
    const y = layerNorm(
      tf.tensor2d([[1, 2, 3]]),
      { scale: tf.tensor1d([1, 1, 2]), offset: tf.tensor1d([0, 5, 0]) },
      0,
    )
    close(y, [-1.2247449, 5, 2.4494898])
  })

  it('has the gradient of its differences', () => {
    checkGradient(
      (x, s, o) => layerNorm(x!, { scale: s as tf.Tensor1D, offset: o as tf.Tensor1D }, 1e-5),
      [random([3, 2, 6]), random([6], 1), random([6], 2)],
    )
  })
})

describe('gelu', () => {
  it('is the exact one, not the tanh approximation', () => {
    close(gelu(tf.tensor1d([-1, 0, 1, 3])), [-0.15865525, 0, 0.8413447, 2.9959502])
  })

  it('has the gradient of its differences', () => checkGradient((x) => gelu(x!), [random([12])]))
})

describe('attention', () => {
  const params = (seed: number) => ({
    qkv: { kernel: random([4, 12], seed) as tf.Tensor2D },
    proj: { kernel: random([4, 4], seed + 1) as tf.Tensor2D },
  })

  it('gives maps whose rows sum to 1', () => {
    const { map, tokens, keys } = attention(random([2, 3, 4]) as tf.Tensor3D, params(1), 2)
    expect([map.shape, tokens.shape, keys.shape]).toEqual([
      [2, 2, 3, 3],
      [2, 3, 4],
      [2, 3, 4],
    ])
    close(tf.sum(map, -1), Array(12).fill(1))
  })

  it('has the gradient of its differences', () => {
    checkGradient(
      (x, w) => attention(x as tf.Tensor3D, { ...params(1), qkv: { kernel: w as tf.Tensor2D } }, 2).tokens,
      [random([1, 3, 4]), random([4, 12], 3)],
    )
  })

  it('refuses heads that do not divide the width', () => {
    expect(() => attention(random([1, 3, 4]) as tf.Tensor3D, params(1), 3)).toThrow(
      'width 4 is not a multiple of heads 3',
    )
  })
})

describe('convolutions', () => {
  it('of kernel = stride equal tfjs’ own', () => {
    const [x, filter] = [random([2, 4, 6, 3]) as tf.Tensor4D, random([2, 2, 3, 5], 1) as tf.Tensor4D]
    close(conv2d(x, { filter }, { stride: 2 }), [...tf.conv2d(x, filter, 2, 'valid').dataSync()], 4)
  })

  it('of one pixel equal tfjs’ own', () => {
    const [x, filter] = [random([1, 3, 3, 4]) as tf.Tensor4D, random([1, 1, 4, 2], 1) as tf.Tensor4D]
    close(conv2d(x, { filter }), [...tf.conv2d(x, filter, 1, 'valid').dataSync()], 4)
  })

  it('have the gradients of their differences', () => {
    checkGradient(
      (x, w) => depthwiseConv2d(x as tf.Tensor4D, { depthwiseFilter: w as tf.Tensor4D }),
      [random([1, 5, 4, 2]), random([3, 3, 2, 1], 1)],
    )
    checkGradient(
      (x, w) => conv2d(x as tf.Tensor4D, { filter: w as tf.Tensor4D }, { stride: 2 }),
      [random([1, 4, 4, 2]), random([2, 2, 2, 3], 1)],
    )
  })

  it('are undone by unpatchify, square by square', () => {
    const x = random([2, 4, 6, 3]) as tf.Tensor4D
    close(unpatchify(patchify(x, 2), 2), [...x.dataSync()])
    // One pixel with four values for each of two channels: the square's rows one after another.
    close(
      unpatchify(tf.tensor4d([1, 10, 2, 20, 3, 30, 4, 40], [1, 1, 1, 8]), 2),
      [1, 10, 2, 20, 3, 30, 4, 40],
    )
    expect(() => unpatchify(random([1, 2, 2, 6]) as tf.Tensor4D, 2)).toThrow('6 channels do not fill')
  })

  it('begin as mmcv’s, deviation √(2 / (area · out))', () => {
    const { data } = kaimingNormal([3, 3, 40, 50], rng(1))
    const square = Array.from(data, (value) => value ** 2).reduce((a, b) => a + b, 0) / data.length
    expect(square / (2 / (9 * 50))).toBeCloseTo(1, 1)
  })

  it('refuse an image that patches do not fill', () => {
    expect(() =>
      conv2d(
        random([1, 5, 4, 1]) as tf.Tensor4D,
        { filter: random([2, 2, 1, 1]) as tf.Tensor4D },
        { stride: 2 },
      ),
    ).toThrow('image 5×4 is not a multiple of patch 2')
  })
})

describe('dropout', () => {
  const pool = (seed: number) => noisePool(tf.tensor1d(rng(seed).fillUniform(new Float32Array(64))))
  const x = tf.ones([8, 10])

  it('drops whole channels of a sample', () => {
    const dropped = dropChannels(tf.ones([4, 3, 3, 8]), 0.5, pool(3))
    const sums = [...tf.sum(dropped, [1, 2]).dataSync()]
    expect(new Set(sums)).toEqual(new Set([0, 18]))
  })

  it('repeats with the pool, keeps the mean, drops the rate', () => {
    const [a, b, c] = [dropout(x, 0.25, pool(1)), dropout(x, 0.25, pool(1)), dropout(x, 0.25, pool(2))].map(
      (t) => [...t.dataSync()],
    ) as [number[], number[], number[]]
    expect(a).toEqual(b)
    expect(a).not.toEqual(c)
    expect(new Set(a.map((value) => value.toFixed(4)))).toEqual(new Set(['0.0000', '1.3333']))
    const share =
      [
        ...dropout(
          tf.ones([4000]),
          0.25,
          noisePool(tf.tensor1d(rng(3).fillUniform(new Float32Array(4096)))),
        ).dataSync(),
      ].filter((value) => value === 0).length / 4000
    expect(share).toBeCloseTo(0.25, 1)
  })

  it('gives two sites of a step different numbers', () => {
    const noise = pool(1)
    expect([...noise.uniform([8]).dataSync()]).not.toEqual([...noise.uniform([8]).dataSync()])
  })

  it('drops whole samples on a path', () => {
    const rows = dropPath(x, 0.5, pool(4)).arraySync() as number[][]
    for (const row of rows) expect(new Set(row).size).toBe(1)
  })

  it('needs a pool', () => expect(() => dropout(x, 0.5, undefined)).toThrow(/needs a noise pool/))
})

describe('relu', () => {
  it('has the gradient of its differences, and none where the result is 0', async () => {
    close(relu(tf.tensor1d([-1, 0, 2])), [0, 0, 2])
    close(tf.grad((x) => tf.sum(tf.mul(relu(x), [5, 6, 7])))(tf.tensor1d([-1, 0, 2])), [0, 0, 7])
    await checkGradient((x) => relu(x!), [random([12])])
  })
})

describe('batch norm', () => {
  const params = { scale: tf.tensor1d([2]), offset: tf.tensor1d([1]) }
  const running = { mean: tf.tensor1d([0]), variance: tf.tensor1d([1]) }

  it('normalises by the batch and moves the running statistics by 0.1', () => {
    const { y, running: next } = batchNormTrain(tf.tensor2d([[1], [3]]), params, running, { epsilon: 0 })
    close(y, [-1, 3])
    close(next.mean, [0.2])
    close(next.variance, [1.1]) // unbiased variance 2
  })

  it('normalises by the running statistics in inference', () => {
    close(
      batchNormEval(
        tf.tensor2d([[1], [3]]),
        params,
        { mean: tf.tensor1d([1]), variance: tf.tensor1d([4]) },
        0,
      ),
      [1, 3],
    )
  })

  it('has the gradient of its differences', () => {
    checkGradient(
      (x, s) =>
        batchNormTrain(
          x!,
          { scale: s as tf.Tensor1D, offset: tf.zeros([3]) },
          { mean: tf.zeros([3]), variance: tf.ones([3]) },
        ).y,
      [random([6, 3]), random([3], 1)],
    )
  })
})

describe('resampling', () => {
  const row = tf.tensor4d([0, 1, 2, 3], [1, 1, 4, 1])

  it('is PyTorch’s bilinear with half-pixel centres', () =>
    close(resize(row, 1, 8), [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3]))
  it('is PyTorch’s bicubic, a = -0.75', () =>
    close(
      resize(row, 1, 8, 'bicubic'),
      [-0.10546875, 0.19140625, 0.66796875, 1.296875, 1.703125, 2.33203125, 2.80859375, 3.10546875],
      4,
    ))
  it('pools adaptively over overlapping stretches', () =>
    close(adaptiveAveragePool(tf.tensor4d([0, 1, 2, 3, 4], [1, 5, 1, 1]), 2), [1, 1, 3, 3], 5))
  it('has the gradient of its differences', () =>
    checkGradient((x) => resize(x as tf.Tensor4D, 5, 3, 'bicubic'), [random([1, 3, 4, 2])]))
})

describe('positions and random numbers', () => {
  it('codes the column first, then the row', () => {
    const { data } = sinCosPositions(2, 2, 8)
    close(tf.tensor1d(data.slice(8, 12) as Float32Array), [
      Math.sin(1),
      Math.sin(0.01),
      Math.cos(1),
      Math.cos(0.01),
    ])
    expect([...data.slice(12, 16)]).toEqual([0, 0, 1, 1])
  })

  it('draws the same numbers everywhere, and others on another stream', () => {
    const draw = (...stream: (string | number)[]) => rng(7, ...stream).uniform()
    expect(draw('epoch', 1)).toBe(draw('epoch', 1))
    expect(draw('epoch', 1)).not.toBe(draw('epoch', 2))
    const generator = rng(1)
    const mean = Array.from({ length: 20000 }, () => generator.uniform()).reduce((a, b) => a + b) / 20000
    expect(mean).toBeCloseTo(0.5, 2)
    expect([...rng(1).shuffle(50)].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i))
  })
})
