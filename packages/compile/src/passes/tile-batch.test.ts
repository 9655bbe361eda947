import * as tf from '@tensorflow/tfjs-core'
import { attention, conv2d, depthwiseConv2d, gelu, type HostArray, layerNorm, linear, rng } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { compile } from '../compile'
import { openSession } from '../engines/onnxruntime'
import type { Graph } from '../graph'
import { removeDeadCode } from './dead-code'
import { tileBatch } from './tile-batch'

type Arrays = Readonly<Record<string, HostArray>>

const draw = (shape: readonly number[], stream: string): HostArray => {
  const generator = rng(3, stream)
  const size = shape.reduce((a, b) => a * b, 1)
  return { shape, dtype: 'float32', data: Float32Array.from({ length: size }, () => generator.normal()) }
}

async function run(graph: Graph, arrays: Arrays): Promise<Arrays> {
  const session = await openSession(graph, 'cpu', {})
  const feeds = Object.fromEntries(Object.entries(arrays).map(([name, array]) => [`input.${name}`, array]))
  const results = (await session.run(feeds)) as Arrays
  await session.dispose()
  return results
}

/** The traced graph and the same in parts, whose results must be equal to rounding. */
async function tiled(
  shapes: Readonly<Record<string, readonly number[]>>,
  bytes: number,
  program: (inputs: Readonly<Record<string, tf.Tensor>>) => Record<string, tf.Tensor>,
) {
  const arrays = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, draw(shape, name)]))
  const compiled = await compile(
    ({ inputs }) => ({ outputs: program(inputs as Record<string, tf.Tensor>) }),
    { inputs: arrays },
    { engine: 'cpu', lazy: true },
  )
  const whole = await compiled.graph()
  await compiled.dispose()
  const parts = removeDeadCode(tileBatch(whole, bytes))
  const [ours, plain] = [await run(parts, arrays), await run(whole, arrays)]
  for (const [name, { data, shape }] of Object.entries(plain)) {
    expect(ours[name]!.shape, name).toEqual(shape)
    const scale = Array.from(data, Math.abs).reduce((most, value) => Math.max(most, value), 1e-3)
    const far = data.findIndex((value, i) => !(Math.abs(ours[name]!.data[i]! - value) < 1e-5 * scale))
    expect(far, `${name}[${far}]: ${data[far]}, in parts ${ours[name]!.data[far]}`).toBe(-1)
  }
  return { whole, parts }
}

const count = ({ nodes }: Graph, op: string) => nodes.filter((node) => node.op === op).length

/** Patches, a block of convolutions, one of attention, a loss: what an encoder does with a batch, and the gradients. */
const encoder = ({ images, mask, ...weights }: Readonly<Record<string, tf.Tensor>>) => {
  const loss = (...given: tf.Tensor[]) => {
    const w = Object.fromEntries(Object.keys(weights).map((name, i) => [name, given[i]!])) as never as Record<
      string,
      never
    >
    const norm = (x: tf.Tensor4D) => layerNorm(x, { scale: w.scale!, offset: w.offset! }, 1e-6)
    let x = conv2d(images as tf.Tensor4D, { filter: w.stem!, bias: w.bias! }, { stride: 2 })
    x = tf.add(x, tf.mul(mask!, depthwiseConv2d(norm(x), { depthwiseFilter: w.depthwise! })))
    x = tf.add(x, linear(gelu(linear(norm(x), { kernel: w.up!, bias: w.upBias! })), { kernel: w.down! }))
    const [batch, height, width, channels] = x.shape
    const tokens = tf.reshape(x, [batch, height * width, channels]) as tf.Tensor3D
    const { tokens: seen, map } = attention(
      tokens,
      { qkv: { kernel: w.qkv! }, proj: { kernel: w.down2! } },
      2,
    )
    const unit = tf.softmax(tf.mean(seen, 1))
    return tf.add(tf.sum(tf.square(unit)), tf.mean(tf.square(tf.sub(map, 0.1)))) as tf.Scalar
  }
  const { value, grads } = tf.valueAndGrads(loss)(Object.values(weights))
  return { value, ...Object.fromEntries(Object.keys(weights).map((name, i) => [`d${name}`, grads[i]!])) }
}

const encoderShapes = (batch: number, channels: number) => ({
  images: [batch, 16, 12, 3],
  mask: [batch, 1, 1, 1],
  stem: [2, 2, 3, channels],
  bias: [channels],
  scale: [channels],
  offset: [channels],
  depthwise: [3, 3, channels, 1],
  up: [channels, 3 * channels],
  upBias: [3 * channels],
  down: [3 * channels, channels],
  qkv: [channels, 3 * channels],
  down2: [channels, channels],
})

describe('tileBatch', () => {
  it.each([
    { batch: 4, channels: 4, bytes: 3000, parts: 4 },
    { batch: 6, channels: 4, bytes: 9000, parts: 2 },
    { batch: 6, channels: 4, bytes: 5000, parts: 3 },
    { batch: 32, channels: 2, bytes: 9216, parts: 8 },
    { batch: 9, channels: 16, bytes: 30_000, parts: 3 },
  ])('leaves an encoder’s loss and gradients as they are: %o', async ({ batch, channels, bytes, parts }) => {
    const graphs = await tiled(encoderShapes(batch, channels), bytes, encoder)
    expect(count(graphs.parts, 'Gelu')).toBe(parts)
    const largest = (graph: Graph) =>
      Math.max(
        ...graph.nodes
          .filter(({ op }) => op === 'Gelu' || op === 'Erf')
          .map(({ outputs }) => 4 * outputs[0]!.shape.reduce((a, b) => a * b, 1)),
      )
    expect(largest(graphs.whole)).toBeGreaterThan(bytes)
    expect(largest(graphs.parts)).toBeLessThanOrEqual(bytes)
  })

  it('cuts axes behind ones, puts together what others read, and cuts what comes from outside once', async () => {
    const shapes = { x: [1, 12, 40], row: [40], other: [1, 12, 40], kernel: [40, 2], back: [2, 40] }
    const { parts } = await tiled(shapes, 500, ({ x, row, other, kernel, back }) => {
      const rows = tf.add(tf.mul(x!, row!), other!)
      const narrow = tf.matMul(tf.reshape(rows, [12, 40]), kernel as tf.Tensor2D)
      const wide = tf.matMul(tf.exp(tf.mul(narrow, 0.05)), back as tf.Tensor2D)
      return { narrow, wide: tf.add(wide, tf.reshape(other!, [12, 40])), turned: tf.transpose(narrow) }
    })
    expect(count(parts, 'Split')).toBe(2) // x and other
    expect(count(parts, 'Concat')).toBe(2) // narrow and wide
    expect(count(parts, 'Gemm')).toBe(8)
  })

  it('computes sums, means and extremes over a batch, and along other axes', async () => {
    const shapes = { x: [8, 5, 30], a: [30, 4], b: [4, 30] }
    await tiled(shapes, 1300, ({ x, a, b }) => {
      const y = tf.matMul(tf.matMul(tf.reshape(x!, [40, 30]), a as tf.Tensor2D), b as tf.Tensor2D)
      const z = tf.sin(tf.reshape(y, [8, 5, 30]))
      return {
        rows: tf.sum(z, [0, 1]),
        squares: tf.sum(tf.square(z), [0]),
        mean: tf.mean(z, [0, 2]),
        all: tf.mean(z),
        most: tf.max(z, 0),
        within: tf.max(z, 1),
        along: tf.mean(z, -1, true),
        sliced: tf.slice(z, [0, 1, 3], [8, 2, 9]),
        some: tf.slice(z, [2, 0, 0], [3, 5, 30]),
        picked: tf.gather(z, tf.tensor1d([2, 0], 'int32'), 1),
        padded: tf.pad(z, [
          [0, 0],
          [1, 0],
          [0, 2],
        ]),
        joined: tf.concat([z, tf.exp(z)], 2),
        stacked: tf.concat([z, tf.exp(z)], 0),
        near: tf.where(tf.greater(z, 0.2), z, tf.zerosLike(z)),
      }
    })
  })

  it('leaves small values and single products alone', async () => {
    const shapes = { x: [8, 30], a: [30, 4], b: [4, 30] }
    const chain = ({ x, a, b }: Record<string, tf.Tensor>) => ({
      y: tf.matMul(tf.matMul(x as tf.Tensor2D, a as tf.Tensor2D), b as tf.Tensor2D),
    })
    const small = await tiled(shapes, 2000, chain)
    expect(small.parts.nodes).toHaveLength(small.whole.nodes.length)
    const single = await tiled(shapes, 100, ({ x, a }) => ({
      y: tf.matMul(tf.exp(x as tf.Tensor2D), a as tf.Tensor2D),
    }))
    expect(single.parts.nodes).toHaveLength(single.whole.nodes.length)
  })
})
