import { Float16Array } from '@petamoriken/float16'
import * as tf from '@tensorflow/tfjs-core'
import { type HostArray, rng } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { type CompileOptions, compile } from '../compile'
import { countWork } from '../count-work'
import type { HalfDtype, Node } from '../graph'
import { fromBfloat16, halfBits } from '../onnx/half-bits'

const noise = (shape: number[], stream: string, spread = 1): HostArray => {
  const draw = rng(3, stream)
  return {
    shape,
    dtype: 'float32',
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => spread * draw.normal()),
  }
}
const toHalf = (values: ArrayLike<number>, dtype: HalfDtype): number[] =>
  dtype === 'float16'
    ? [...new Float16Array(values)]
    : [...fromBfloat16(halfBits(Float32Array.from(values), dtype))]
const half: CompileOptions = { engine: 'cpu', threads: 1, precision: 'float16' }
const brain: CompileOptions = { ...half, precision: 'bfloat16' }
/** The distance of neighbours, of 1. */
const steps = { float16: 2 ** -10, bfloat16: 2 ** -7 } as const

/** Runs `layer(x, kernel)`. */
async function run(
  layer: (x: tf.Tensor, kernel: tf.Tensor) => tf.Tensor,
  x: HostArray,
  kernel: HostArray,
  options: CompileOptions = half,
) {
  const program = await compile(
    ({ inputs, constants }) => ({
      outputs: { y: layer(inputs.x!, (constants as { kernel: tf.Tensor }).kernel) },
    }),
    { inputs: { x: { shape: x.shape, dtype: 'float32' } }, constants: { kernel } },
    options,
  )
  const { y } = await program.run({ x })
  const graph = await program.graph()
  const onnx = await program.toOnnx()
  await program.dispose()
  return { y: [...y!.data], dtype: y!.dtype, graph, onnx }
}

const typesOf = (nodes: readonly Node[], op: string) =>
  nodes.filter((node) => node.op === op).map(({ outputs }) => outputs[0]!.dtype)

describe('mixed precision', () => {
  it.each(['float16', 'bfloat16'] as const)(
    'rounds what a product reads and what it gives to %s, sums in more, and gives single out',
    async (precision) => {
      const [x, kernel] = [noise([3, 64], 'x'), noise([64, 5], 'kernel')]
      const product = (a: tf.Tensor, b: tf.Tensor) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D)
      const { y, dtype } = await run(product, x, kernel, { ...half, precision })
      const [a, b] = [toHalf(x.data, precision), toHalf(kernel.data, precision)]
      const exact = Array.from({ length: 15 }, (_, i) => {
        let sum = 0
        for (let k = 0; k < 64; k++) sum += a[Math.floor(i / 5) * 64 + k]! * b[k * 5 + (i % 5)]!
        return sum
      })
      expect(dtype).toBe('float32')
      toHalf(exact, precision).forEach((value, i) => {
        // A sum in float32 may fall on the other side of a rounding border: one step of half precision.
        expect(Math.abs(y[i]! - value)).toBeLessThanOrEqual(Math.abs(value) * steps[precision])
        expect(toHalf([y[i]!], precision)[0]).toBe(y[i])
      })
    },
  )

  it('stays half between products, with plain numbers too, and single in norms and softmax', async () => {
    const { graph } = await run(
      (x, kernel) => {
        const first = tf.matMul(x as tf.Tensor2D, kernel as tf.Tensor2D)
        const kept = tf.relu(tf.add(first, 0.5))
        const second = tf.matMul(kept as tf.Tensor2D, x as tf.Tensor2D)
        return tf.matMul(tf.softmax(second) as tf.Tensor2D, kernel as tf.Tensor2D)
      },
      noise([16, 16], 'x'),
      noise([16, 16], 'kernel'),
    )
    expect(graph.nodes.map(({ op, outputs }) => `${op} ${outputs[0]!.dtype}`)).toEqual([
      'Cast float16',
      'Gemm float16',
      'Add float16',
      'Relu float16',
      'Gemm float16',
      'Cast float32',
      'Softmax float32',
      'Cast float16',
      'Gemm float16',
      'Cast float32',
    ])
  })

  it('leaves single in bfloat16 what CUDA has no kernels for: convolutions, pads, comparisons', async () => {
    const { graph, y } = await run(
      (x, kernel) => {
        const first = tf.matMul(x as tf.Tensor2D, kernel as tf.Tensor2D)
        const padded = tf.pad(tf.neg(first), [
          [1, 1],
          [0, 0],
        ])
        const filtered = tf.conv2d(
          tf.reshape(padded, [1, 18, 16, 1]) as tf.Tensor4D,
          tf.ones([3, 3, 1, 1]),
          1,
          'same',
        )
        return tf.where(
          tf.greater(first, 0),
          first,
          tf.slice(tf.reshape(filtered, [18, 16]), [0, 0], [16, 16]),
        )
      },
      noise([16, 16], 'x'),
      noise([16, 16], 'kernel'),
      brain,
    )
    const types = Object.fromEntries(graph.nodes.map(({ op, outputs }) => [op, outputs[0]!.dtype]))
    expect(types).toMatchObject({ Gemm: 'bfloat16', Neg: 'bfloat16', Pad: 'float32', Conv: 'float32' })
    expect(graph.nodes.find(({ op }) => op === 'Greater')!.inputs.map(({ dtype }) => dtype)).toEqual([
      'float32',
      'float32',
    ])
    expect(y.every(Number.isFinite)).toBe(true)
  })

  it('rounds before it moves what only products read', async () => {
    const { graph } = await run(
      (x, kernel) => {
        const normed = tf.softmax(x) as tf.Tensor2D
        const turned = tf.slice(tf.transpose(normed), [2, 0], [8, 16]) as tf.Tensor2D
        return tf.add(tf.matMul(turned, kernel as tf.Tensor2D), tf.sum(normed))
      },
      noise([16, 16], 'x'),
      noise([16, 16], 'kernel'),
    )
    expect([...typesOf(graph.nodes, 'Transpose'), ...typesOf(graph.nodes, 'Slice')]).toEqual([
      'float16',
      'float16',
    ])
    expect(typesOf(graph.nodes, 'ReduceSum')).toEqual(['float32'])
  })

  it('takes exponentials in half where they cannot overflow alone', async () => {
    const types = async (exponent: (square: tf.Tensor) => tf.Tensor) => {
      const { graph, y } = await run(
        (x, kernel) => tf.exp(exponent(tf.square(tf.matMul(x as tf.Tensor2D, kernel as tf.Tensor2D)))),
        noise([2, 4], 'x'),
        noise([4, 2], 'kernel', 3),
      )
      expect(y.every(Number.isFinite)).toBe(true)
      return typesOf(graph.nodes, 'Exp')
    }
    expect(await types((square) => tf.mul(square, -0.05))).toEqual(['float16'])
    expect(await types((square) => tf.mul(square, 0.05))).toEqual(['float32'])
    expect(await types((square) => tf.sub(-1, square))).toEqual(['float16'])
    expect(await types((square) => tf.sub(1, square))).toEqual(['float32'])
    expect(await types((square) => tf.sub(tf.mul(square, 0.05), 1))).toEqual(['float32'])
  })

  it('does not take numbers into half that it cannot hold, as bfloat16 holds more of them', async () => {
    const scaledThere = async (options: CompileOptions) => {
      const { y, graph } = await run(
        (x, kernel) => tf.mul(tf.mul(tf.matMul(x as tf.Tensor2D, kernel as tf.Tensor2D), 1e-6), 1e6),
        noise([4, 8], 'x'),
        noise([8, 4], 'kernel'),
        { ...options, without: ['scalarChains'] },
      )
      expect(y.every((value) => value !== 0)).toBe(true)
      return [...typesOf(graph.nodes, 'Gemm'), ...typesOf(graph.nodes, 'Mul')]
    }
    expect(await scaledThere(half)).toEqual(['float16', 'float32', 'float32'])
    expect(await scaledThere(brain)).toEqual(['bfloat16', 'bfloat16', 'bfloat16'])
  })

  it.each([half, brain])(
    'keeps master weights single ($precision): updates too small are not lost',
    async (options) => {
      const weight: HostArray = { shape: [64, 64], dtype: 'float32', data: new Float32Array(4096).fill(1) }
      const program = await compile(
        ({ inputs, state }) => {
          const { w } = state as { w: tf.Tensor2D }
          const loss = (v: tf.Tensor) => tf.mean(tf.matMul(inputs.x as tf.Tensor2D, v as tf.Tensor2D))
          const { value, grads } = tf.valueAndGrads(loss as never)([w])
          return {
            outputs: { loss: value as tf.Tensor },
            state: { w: tf.sub(w, tf.mul((grads as unknown as tf.Tensor[])[0]!, 0.01)) },
          }
        },
        { inputs: { x: { shape: [2, 64], dtype: 'float32' } }, state: { w: weight } },
        options,
      )
      const x: HostArray = { shape: [2, 64], dtype: 'float32', data: new Float32Array(128).fill(1) }
      for (let i = 0; i < 4; i++) await program.run({ x })
      const { w } = (await program.readState()) as { w: HostArray }
      // d loss / d w = 2 / 128 = 2^-6; below 1, half precision has steps of 2^-11 and bfloat16 of 2^-8.
      expect((1 - w.data[0]!) / (4 * 0.01 * 2 ** -6)).toBeCloseTo(1, 2)
      await program.dispose()
    },
  )

  it('stores kernels in half the bytes, in the graph and in the file', async () => {
    const [x, kernel] = [noise([4, 256], 'x'), noise([256, 256], 'kernel')]
    const layer = (a: tf.Tensor, b: tf.Tensor) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D)
    const [ours, plain] = [
      await run(layer, x, kernel),
      await run(layer, x, kernel, { ...half, precision: 'float32' }),
    ]
    expect(countWork(ours.graph).constantBytes).toBe(countWork(plain.graph).constantBytes / 2)
    expect(ours.onnx.length).toBeLessThan(0.51 * plain.onnx.length)
  })

  it('is refused by name where the engine has no graph', async () => {
    await expect(
      run((x) => x, noise([1], 'x'), noise([1], 'k'), { engine: 'tfjs:cpu', precision: 'float16' }),
    ).rejects.toThrow(/float16 is for the engines cpu, webgpu and cuda, not tfjs:cpu/)
    await expect(
      run((x) => x, noise([1], 'x'), noise([1], 'k'), { engine: 'webgpu', precision: 'bfloat16' }),
    ).rejects.toThrow(/bfloat16 is for the engines cpu and cuda, not webgpu: choose another/)
  })
})
