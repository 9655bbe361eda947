import * as tf from '@tensorflow/tfjs-core'
import { conv2d, type HostArray, rng } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { compile } from '../compile'
import { channelBlock } from '../engines/channel-block'
import type { Graph } from '../graph'
import { blockConvolutions } from './block-convolutions'
import type { PassName } from './passes'
import { sumsAsProducts } from './sums-as-products'

const draw = (shape: readonly number[], stream: string): HostArray => {
  const generator = rng(11, stream)
  const size = shape.reduce((a, b) => a * b, 1)
  return { shape, dtype: 'float32', data: Float32Array.from({ length: size }, () => generator.normal()) }
}

type Inputs = Readonly<Record<string, readonly number[]>>

/** The program's traced graph; its results with and without a pass must be equal to rounding. */
async function unchanged(
  pass: PassName,
  shapes: Inputs,
  program: (inputs: Readonly<Record<string, tf.Tensor>>) => Record<string, tf.Tensor>,
): Promise<Graph> {
  const specs = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, { shape, dtype: 'float32' as const }]),
  )
  const arrays = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, draw(shape, name)]))
  const run = async (without: readonly PassName[]) => {
    const compiled = await compile(
      ({ inputs }) => ({ outputs: program(inputs as Record<string, tf.Tensor>) }),
      { inputs: specs },
      { engine: 'cpu', without },
    )
    const [graph, results] = [await compiled.graph(), await compiled.run(arrays)]
    await compiled.dispose()
    return { graph, results: results as Record<string, HostArray> }
  }
  const [plain, changed] = [await run([pass]), await run([])]
  for (const [name, { data }] of Object.entries(plain.results)) {
    const scale = Array.from(data, Math.abs).reduce((most, value) => Math.max(most, value), 0)
    const far = data.findIndex(
      (value, i) => !(Math.abs(changed.results[name]!.data[i]! - value) < 2e-5 * scale),
    )
    expect(far, `${name}: ${data[far]}, with ${pass} ${changed.results[name]!.data[far]}`).toBe(-1)
  }
  return plain.graph
}

/** So that a gradient depends on its place; flat enough for rounding not to grow. */
const bend = (x: tf.Tensor) => tf.sin(tf.mul(x, 0.05))

const blocks = (graph: Graph) => graph.nodes.filter(({ domain }) => domain === 'com.microsoft.nchwc')
const convolutions = (graph: Graph) => graph.nodes.filter(({ op, domain }) => op === 'Conv' && domain === '')

describe('blockConvolutions', async () => {
  const block = await channelBlock()
  // Where ONNX Runtime has no convolutions over blocks the pass does not run, and there is nothing to compare.
  it.skipIf(block === undefined).each([
    { channels: 32, multiplier: 1, kernel: 5, stride: 1, size: [9, 12] },
    { channels: 64, multiplier: 1, kernel: 3, stride: 2, size: [11, 8] },
    { channels: 32, multiplier: 1, kernel: 1, stride: 1, size: [3, 5] },
    { channels: 32, multiplier: 2, kernel: 3, stride: 1, size: [6, 6] },
    { channels: 12, multiplier: 1, kernel: 3, stride: 1, size: [6, 6] },
  ] as const)('leaves depthwise convolutions and their gradients as they are: %o', async (sizes) => {
    const { channels, multiplier, kernel, stride, size } = sizes
    const filter = [kernel, kernel, channels, multiplier] as const
    const graph = await unchanged('blockConvolutions', { x: [3, ...size, channels], filter }, (inputs) => {
      const f = (x: tf.Tensor, weights: tf.Tensor) =>
        bend(tf.depthwiseConv2d(x as tf.Tensor4D, weights as tf.Tensor4D, stride, 'same'))
      const { value, grads } = tf.valueAndGrads((x, weights) => tf.sum(f(x!, weights!)) as tf.Scalar)([
        inputs.x!,
        inputs.filter!,
      ])
      return { y: f(inputs.x!, inputs.filter!), value, dx: grads[0]!, dfilter: grads[1]! }
    })
    const fitting = channels % block! === 0 && multiplier === 1
    const changed = blockConvolutions(graph, block!)
    expect(convolutions(graph).length).toBeGreaterThan(0)
    if (fitting) expect(convolutions(changed)).toEqual([])
    else expect(blocks(changed).length).toBe(multiplier === 1 ? 0 : 4) // the filter’s gradient alone: two arrays in, a convolution, one out
  })

  it.skipIf(block === undefined).each([
    { from: 32, to: 48, kernel: 3, stride: 1, size: [24, 25] },
    { from: 32, to: 16, kernel: 3, stride: 2, size: [60, 44] },
    { from: 16, to: 32, kernel: 5, stride: 1, size: [23, 24] },
    { from: 16, to: 16, kernel: 1, stride: 1, size: [24, 24] },
    { from: 32, to: 20, kernel: 3, stride: 1, size: [24, 24] },
  ] as const)('leaves full convolutions and their gradients as they are: %o', async (sizes) => {
    const { from, to, kernel, stride, size } = sizes
    const shapes = { x: [2, ...size, from], filter: [kernel, kernel, from, to], bias: [to] }
    const graph = await unchanged('blockConvolutions', shapes, (inputs) => {
      const f = (x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor) =>
        bend(
          conv2d(
            x as tf.Tensor4D,
            { filter: filter as tf.Tensor4D, bias: bias as tf.Tensor1D },
            { padding: 'same', stride },
          ),
        )
      const all = [inputs.x!, inputs.filter!, inputs.bias!]
      const { grads } = tf.valueAndGrads((x, w, b) => tf.sum(f(x!, w!, b!)) as tf.Scalar)(all)
      return { y: f(inputs.x!, inputs.filter!, inputs.bias!), dx: grads[0]!, dfilter: grads[1]! }
    })
    const before = convolutions(graph).length
    const left = convolutions(blockConvolutions(graph, block!)).length
    if (kernel === 1 || to % block! !== 0) expect(left).toBe(before)
    else expect(left).toBeLessThan(before)
  })

  it.skipIf(block === undefined)(
    'reorders an array once for all that read it, and leaves constants alone',
    async () => {
      const kept = draw([3, 3, 32, 1], 'kept')
      const program = await compile(
        ({ inputs, constants }) => {
          const x = inputs.x as tf.Tensor4D
          const filters = [inputs.first, inputs.second, constants.kept] as tf.Tensor4D[]
          return {
            outputs: { y: tf.addN(filters.map((filter) => tf.depthwiseConv2d(x, filter, 1, 'same'))) },
          }
        },
        {
          inputs: {
            x: { shape: [2, 6, 6, 32], dtype: 'float32' },
            first: { shape: [3, 3, 32, 1], dtype: 'float32' },
            second: { shape: [3, 3, 32, 1], dtype: 'float32' },
          },
          constants: { kept },
        },
        { engine: 'cpu', lazy: true },
      )
      const changed = blockConvolutions(await program.graph(), block!)
      expect(convolutions(changed)).toHaveLength(1)
      expect(blocks(changed).filter(({ op }) => op === 'ReorderInput')).toHaveLength(3) // x and two filters
      await program.dispose()
    },
  )
})

describe('sumsAsProducts', () => {
  it.each([
    [1024, 40],
    [4, 50, 50, 16],
    [3, 7, 2003],
    [2, 2039, 33],
  ])('leaves sums over all axes but the last as they are: %i, %i, …', async (...shape) => {
    const axes = shape.slice(0, -1).map((_, i) => i)
    const graph = await unchanged('sumsAsProducts', { x: shape }, ({ x }) => ({
      rows: tf.sum(tf.exp(x!), axes),
      kept: tf.sum(tf.exp(x!), axes, true),
      mean: tf.mean(tf.exp(x!), axes),
      all: tf.sum(tf.exp(x!)),
    }))
    const products = sumsAsProducts(graph).nodes.filter(({ op }) => op === 'MatMul')
    expect(products).toHaveLength(2)
  })

  it('leaves weighted sums along rows as they are, and their factors to others who read them', async () => {
    const graph = await unchanged('sumsAsProducts', { x: [60, 20, 32], v: [32] }, ({ x, v }) => {
      const shared = tf.mul(tf.cos(x!), v!)
      return {
        sum: tf.sum(tf.mul(tf.exp(x!), v!), -1),
        mean: tf.mean(tf.mul(v!, tf.exp(x!)), -1, true),
        shared,
        sharedSum: tf.sum(shared, -1),
        squares: tf.sum(tf.mul(x!, tf.exp(x!)), -1),
      }
    })
    expect(sumsAsProducts(graph).nodes.filter(({ op }) => op === 'Gemm')).toHaveLength(2)
  })
})
