import * as tf from '@tensorflow/tfjs-core'
import { type HostArray, rng } from '@univ/nn'
import * as ort from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { type CompileOptions, compile } from '../compile'

const array = (shape: number[], at: (i: number) => number): HostArray => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => at(i)),
})
const noise = (...shape: number[]) => {
  const draw = rng(3, `${shape}`)
  return array(shape, () => draw.normal())
}

type Layer = (x: tf.Tensor, kernel: tf.Tensor) => tf.Tensor

async function run(layer: Layer, x: HostArray, kernel: HostArray, options: CompileOptions = {}) {
  const program = await compile(
    ({ inputs, constants }) => ({
      outputs: { y: layer(inputs.x!, (constants as { kernel: tf.Tensor }).kernel) },
    }),
    { inputs: { x: { shape: x.shape, dtype: 'float32' } }, constants: { kernel } },
    { engine: 'cpu', threads: 1, ...options },
  )
  const { y } = await program.run({ x })
  const graph = await program.graph()
  const onnx = await program.toOnnx()
  await program.dispose()
  return { y: [...y!.data], ops: graph.nodes.map(({ op }) => op), onnx }
}
const int8 = { precision: 'int8' } as const

/** Root mean square of the difference over that of the numbers. */
function error(ours: readonly number[], theirs: readonly number[]): number {
  const squares = (values: readonly number[]) => values.reduce((sum, value) => sum + value * value, 0)
  return Math.sqrt(squares(ours.map((value, i) => value - theirs[i]!)) / squares(theirs))
}

const product: Layer = (x, kernel) => tf.matMul(x as tf.Tensor2D, kernel as tf.Tensor2D)
const convolution =
  (stride: number, pad: 'same' | 'valid', dilation = 1): Layer =>
  (x, kernel) =>
    tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, stride, pad, 'NHWC', dilation)

describe('products in 8 bits', () => {
  it('are exact where the numbers are whole multiples of the scales', async () => {
    // Rows hold 0 … 255, so their scale is 1 and zero 0; every column's largest weight is 127 · 2^-column.
    const x = array([2, 128], (i) => (i * 37) % 256)
    x.data[0] = 255
    x.data[1] = 0
    const kernel = array([128, 128], (i) => {
      const [row, column] = [Math.floor(i / 128), i % 128]
      return (row === column ? 127 : ((row * 7 + column) % 255) - 127) * 2 ** -(column % 4)
    })
    const plain = await run(product, x, kernel)
    const ours = await run(product, x, kernel, int8)
    expect(ours.ops).toContain('MatMulInteger')
    expect(ours.ops).not.toContain('Gemm')
    expect(ours.y).toEqual(plain.y)
  })

  it('read one kernel in the shape and the way round that each product has', async () => {
    const layer: Layer = (x, kernel) => {
      const first = tf.matMul(x as tf.Tensor2D, kernel as tf.Tensor2D)
      const second = tf.matMul(first, tf.reshape(kernel, [256, 128]) as tf.Tensor2D)
      const third = tf.matMul(second as tf.Tensor2D, kernel as tf.Tensor2D)
      return tf.matMul(third, kernel as tf.Tensor2D, false, true)
    }
    const [x, kernel] = [noise(8, 128), noise(128, 256)]
    const ours = await run(layer, x, kernel, int8)
    expect(ours.ops.filter((op) => op === 'MatMulInteger')).toHaveLength(4)
    expect(error(ours.y, (await run(layer, x, kernel)).y)).toBeLessThan(0.05)
  })

  it.each<[string, Layer, HostArray, HostArray]>([
    ['a product', product, noise(32, 128), noise(128, 160)],
    [
      'one with the kernel transposed',
      (x, k) => tf.matMul(x, k, false, true),
      noise(32, 128),
      noise(160, 128),
    ],
    [
      'a layer with bias',
      (x, k) =>
        tf.fused.matMul({ a: x, b: k, bias: tf.tensor1d(new Float32Array(160).fill(3)) }) as tf.Tensor,
      noise(32, 128),
      noise(128, 160),
    ],
    [
      'one with a part of the kernel',
      (x, k) => tf.matMul(x, tf.split(k, [40, 128], 0)[1]!),
      noise(32, 128),
      noise(168, 160),
    ],
    ['a convolution', convolution(1, 'same'), noise(2, 6, 5, 32), noise(3, 3, 32, 64)],
    ['one of stride 2 without padding', convolution(2, 'valid'), noise(2, 7, 9, 32), noise(3, 3, 32, 64)],
    ['one that is dilated', convolution(1, 'same', 2), noise(1, 7, 9, 32), noise(3, 3, 32, 64)],
  ])(
    'stay within two per cent of float32 in %s, in less than half the bytes',
    async (_, layer, x, kernel) => {
      const [plain, ours] = [await run(layer, x, kernel), await run(layer, x, kernel, int8)]
      expect(ours.ops).toContain('MatMulInteger')
      expect(ours.ops.filter((op) => op === 'Gemm' || op === 'Conv')).toEqual([])
      expect(error(ours.y, plain.y)).toBeLessThan(0.02)
      expect(error(ours.y, plain.y)).toBeGreaterThan(0)
      expect(ours.onnx.length).toBeLessThan(plain.onnx.length / 2)
    },
  )

  it('quantise a tensor once for all layers that read it, and leave small and grouped kernels alone', async () => {
    const twice: Layer = (x, k) => tf.add(product(x, k), product(x, tf.mul(k, 1) as tf.Tensor))
    const { ops } = await run(twice, noise(4, 128), noise(128, 128), int8)
    expect(ops.filter((op) => op === 'DynamicQuantizeLinear')).toHaveLength(1)
    expect((await run(product, noise(4, 128), noise(128, 9), int8)).ops).not.toContain('MatMulInteger')
    const depthwise: Layer = (x, k) => tf.depthwiseConv2d(x as tf.Tensor4D, k as tf.Tensor4D, 1, 'same')
    expect((await run(depthwise, noise(1, 4, 4, 1024), noise(5, 5, 1024, 1), int8)).ops).toContain('Conv')
  })

  it('leave in the exported file what they run', async () => {
    const x = noise(32, 128)
    const { y, onnx } = await run(product, x, noise(128, 160), int8)
    const session = await ort.InferenceSession.create(onnx)
    const { 'output.y': theirs } = await session.run({
      'input.x': new ort.Tensor('float32', x.data as Float32Array, [32, 128]),
    })
    expect(error([...(theirs!.data as Float32Array)], y)).toBeLessThan(1e-6)
    await session.release()
  })

  it('are refused on other engines', async () => {
    const options = { ...int8, engine: 'tfjs:cpu' } as const
    await expect(run(product, noise(4, 128), noise(128, 128), options)).rejects.toThrow(
      'precision int8 is for the engine cpu, not tfjs:cpu',
    )
  })
})
