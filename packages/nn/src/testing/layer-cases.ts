import * as tf from '@tensorflow/tfjs-core'
import { compile, type EngineName } from '@univ/compile'
import type { HostArray } from '../arrays'
import { attention } from '../attention'
import { batchNormEval, batchNormTrain } from '../batch-norm'
import { conv2d, depthwiseConv2d } from '../conv'
import { convResized } from '../conv-resized'
import { dropout, dropPath } from '../dropout'
import { gelu } from '../gelu'
import { linear } from '../linear'
import { noisePool } from '../noise-pool'
import { layerNorm } from '../norm'
import { adaptiveAveragePool, resize } from '../resize'
import { type Rng, rng } from '../rng'

// Test support: every layer at sizes drawn from a seed, with gradients, on any engine. `compile` stands above this
// package; only its tests reach up (docs/architecture.md).

/** A layer as a function of named arrays; integers are drawn by `size`. */
interface LayerCase {
  readonly inputs: Readonly<Record<string, HostArray>>
  readonly apply: (inputs: Readonly<Record<string, tf.Tensor>>) => tf.Tensor
}
type Draw = (least: number, most: number) => number
type LayerCases = Readonly<Record<string, (size: Draw, normal: (shape: number[]) => HostArray) => LayerCase>>

const t1 = (x: tf.Tensor | undefined) => x as tf.Tensor1D
const t2 = (x: tf.Tensor | undefined) => x as tf.Tensor2D
const t4 = (x: tf.Tensor | undefined) => x as tf.Tensor4D

export const layerCases: LayerCases = {
  linear: (size, normal) => {
    const [from, to] = [size(1, 9), size(1, 9)]
    return {
      inputs: { x: normal([size(1, 3), size(1, 5), from]), kernel: normal([from, to]), bias: normal([to]) },
      apply: ({ x, kernel, bias }) => linear(x!, { kernel: t2(kernel), bias: t1(bias) }),
    }
  },
  'linear with LoRA and dropout': (size, normal) => {
    const [rows, from, to, rank] = [size(1, 5), size(1, 9), size(1, 9), size(1, 4)]
    return {
      inputs: {
        x: normal([rows, from]),
        kernel: normal([from, to]),
        down: normal([from, rank]),
        up: normal([rank, to]),
        noise: uniform(64),
      },
      apply: ({ x, kernel, down, up, noise }) => {
        const lora = { down: down!, up: t2(up), scale: 2, dropout: 0.3, noise: noisePool(t1(noise)) }
        return linear(x!, { kernel: t2(kernel), lora })
      },
    }
  },
  'layer norm': (size, normal) => {
    const width = size(2, 12)
    return {
      inputs: { x: normal([size(1, 3), size(1, 5), width]), scale: normal([width]), offset: normal([width]) },
      apply: ({ x, scale, offset }) => layerNorm(x!, { scale: t1(scale), offset: t1(offset) }, 1e-5),
    }
  },
  gelu: (size, normal) => ({ inputs: { x: normal([size(1, 4), size(1, 7)]) }, apply: ({ x }) => gelu(x!) }),
  'convolution, same size': (size, normal) => {
    const [from, to, kernel] = [size(1, 4), size(1, 4), size(0, 1) * 2 + 1]
    return {
      inputs: {
        x: normal([size(1, 2), size(3, 7), size(3, 7), from]),
        filter: normal([kernel, kernel, from, to]),
        bias: normal([to]),
      },
      apply: ({ x, filter, bias }) =>
        conv2d(t4(x), { filter: t4(filter), bias: t1(bias) }, { padding: 'same' }),
    }
  },
  'convolution, stride 2': (size, normal) => {
    const [from, to] = [size(1, 4), size(1, 4)]
    return {
      inputs: { x: normal([1, size(4, 8), size(4, 8), from]), filter: normal([3, 3, from, to]) },
      apply: ({ x, filter }) => conv2d(t4(x), { filter: t4(filter) }, { stride: 2, padding: 'valid' }),
    }
  },
  'convolution of resized maps': (size, normal) => {
    const [fine, coarse, to, kernel] = [size(1, 3), size(1, 3), size(1, 4), size(1, 4)]
    return {
      inputs: {
        x: normal([2, size(2, 7), size(2, 7), fine]),
        coarser: normal([2, size(1, 4), size(1, 4), coarse]),
        filter: normal([kernel, kernel, fine + coarse, to]),
      },
      apply: ({ x, coarser, filter }) => convResized([t4(x), t4(coarser)], { filter: t4(filter) }),
    }
  },
  'patch embedding': (size, normal) => {
    const [patch, to] = [size(1, 4), size(1, 5)]
    return {
      inputs: { x: normal([2, patch * size(1, 3), patch * 2, 3]), filter: normal([patch, patch, 3, to]) },
      apply: ({ x, filter }) => conv2d(t4(x), { filter: t4(filter) }, { stride: patch }),
    }
  },
  'depthwise convolution': (size, normal) => {
    const channels = size(1, 6)
    return {
      inputs: { x: normal([2, size(1, 7), size(2, 7), channels]), filter: normal([5, 5, channels, 1]) },
      apply: ({ x, filter }) => depthwiseConv2d(t4(x), { depthwiseFilter: t4(filter) }),
    }
  },
  attention: (size, normal) => {
    const [heads, tokens] = [size(1, 3), size(1, 6)]
    const width = heads * size(1, 5)
    return {
      inputs: {
        x: normal([size(1, 2), tokens, width]),
        qkv: normal([width, 3 * width]),
        proj: normal([width, width]),
        bias: normal([heads, tokens, tokens]),
      },
      apply: ({ x, qkv, proj, bias }) => {
        const params = { qkv: { kernel: t2(qkv) }, proj: { kernel: t2(proj) } }
        const result = attention(x as tf.Tensor3D, params, heads, bias as tf.Tensor3D)
        return tf.add(result.tokens, tf.add(result.keys, tf.mean(result.map)))
      },
    }
  },
  'batch norm': (size, normal) => {
    const channels = size(1, 5)
    return {
      inputs: {
        x: normal([2, size(2, 4), size(2, 4), channels]),
        scale: normal([channels]),
        offset: normal([channels]),
      },
      apply: ({ x, scale, offset }) => {
        const running = { mean: tf.zeros([channels]), variance: tf.ones([channels]) } as {
          mean: tf.Tensor1D
          variance: tf.Tensor1D
        }
        const params = { scale: t1(scale), offset: t1(offset) }
        const trained = batchNormTrain(x!, params, running)
        return batchNormEval(trained.y, params, trained.running)
      },
    }
  },
  'dropout and drop path': (size, normal) => ({
    inputs: { x: normal([size(1, 4), size(1, 4), 3]), noise: uniform(128) },
    apply: ({ x, noise }) => {
      const pool = noisePool(t1(noise))
      return dropPath(dropout(x!, 0.4, pool), 0.3, pool)
    },
  }),
  'bilinear and bicubic resize': (size, normal) => {
    const [height, width] = [size(1, 9), size(1, 9)]
    return {
      inputs: { x: normal([2, size(1, 6), size(1, 6), size(1, 3)]) },
      apply: ({ x }) => tf.add(resize(t4(x), height, width), resize(t4(x), height, width, 'bicubic')),
    }
  },
  'adaptive average pool': (size, normal) => {
    const side = size(1, 4)
    return {
      inputs: { x: normal([1, size(1, 7), size(1, 7), 2]) },
      apply: ({ x }) => adaptiveAveragePool(t4(x), side),
    }
  },
}

const uniform = (count: number): HostArray => ({
  shape: [count],
  dtype: 'float32',
  data: rng(3, 'uniform').fillUniform(new Float32Array(count)),
})

/** A case at the sizes of one seed. */
export function drawCase(name: string, seed: number): LayerCase {
  const generator: Rng = rng(seed, name)
  const normal = (shape: number[]): HostArray => ({
    shape,
    dtype: 'float32',
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => generator.normal()),
  })
  return layerCases[name]!((least, most) => least + generator.int(most - least + 1), normal)
}

/** The layer's output and the gradient of a weighted sum of it for every input but the noise. */
export async function runCase(
  { inputs, apply }: LayerCase,
  engine: EngineName,
): Promise<Record<string, HostArray>> {
  const varied = Object.keys(inputs).filter((name) => name !== 'noise')
  const program = await compile(
    ({ inputs: given }) => {
      const tensors = given as Record<string, tf.Tensor>
      const weighted = (...values: tf.Tensor[]) => {
        const y = apply({ ...tensors, ...Object.fromEntries(varied.map((name, i) => [name, values[i]!])) })
        const weights = tf.cos(tf.reshape(tf.range(0, y.size, 1), y.shape))
        return tf.sum(tf.mul(y, weights))
      }
      const gradients = tf.grads(weighted as never)(varied.map((name) => tensors[name]!))
      return {
        outputs: {
          y: apply(tensors),
          ...Object.fromEntries(varied.map((name, i) => [`gradient of ${name}`, gradients[i]!])),
        },
      }
    },
    { inputs },
    { engine },
  )
  const outputs = await program.run(inputs)
  await program.dispose()
  return outputs
}
