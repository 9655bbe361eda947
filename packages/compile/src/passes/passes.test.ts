import * as tf from '@tensorflow/tfjs-core'
import type { HostArray } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { compile } from '../compile'
import { type PassName, passes } from './passes'

const all = Object.keys(passes) as PassName[]
const wave = (...shape: number[]): HostArray => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(1 + i)),
})

/** Operators of a program of `x` with one pass alone and with none, and its results in both cases. */
async function withOnly(
  pass: PassName,
  x: HostArray,
  program: (x: tf.Tensor, kept: tf.Tensor) => tf.Tensor,
  kept = wave(2, 2),
) {
  const run = async (without: readonly PassName[]) => {
    const compiled = await compile(
      ({ inputs, constants }) => ({
        outputs: { y: program(inputs.x!, (constants as { kept: tf.Tensor }).kept) },
      }),
      { inputs: { x: { shape: x.shape, dtype: 'float32' } }, constants: { kept } },
      { engine: 'cpu', without },
    )
    const ops = (await compiled.graph()).nodes.map(({ op }) => op)
    const { y } = await compiled.run({ x })
    await compiled.dispose()
    return { ops, y: y!.data }
  }
  const [before, after] = [
    await run(all),
    await run(all.filter((name) => name !== pass && name !== 'deadCode')), // what a pass leaves unread goes
  ]
  expect(after.y.length).toBe(before.y.length)
  before.y.forEach((value, i) => void expect(after.y[i]).toBeCloseTo(value, 5))
  return { before: before.ops, after: after.ops }
}

describe('a graph pass', () => {
  it('dead code: gradients and maps that nobody reads go', async () => {
    const { before, after } = await withOnly('deadCode', wave(3), (x) => {
      tf.exp(x)
      return tf.sin(x)
    })
    expect(before).toEqual(['Exp', 'Sin'])
    expect(after).toEqual(['Sin'])
  })

  it('common subexpressions: equal nodes are computed once, other attributes apart', async () => {
    const { after } = await withOnly('commonSubexpressions', wave(2, 3), (x) =>
      tf.addN([tf.sum(tf.exp(x)), tf.sum(tf.exp(x)), tf.sum(tf.sum(tf.exp(x), 0))]),
    )
    expect(after.filter((op) => op === 'Exp')).toHaveLength(1)
    expect(after.filter((op) => op === 'ReduceSum')).toHaveLength(3)
  })

  it('constant folding: arithmetic of equal elements becomes a number', async () => {
    const { before, after } = await withOnly('constantFolding', wave(3), (x) =>
      tf.add(x, tf.sqrt(tf.mul(tf.scalar(3), tf.scalar(12)))),
    )
    expect(before).toEqual(['Mul', 'Sqrt', 'Add'])
    expect(after).toEqual(['Add'])
  })

  it('constant folding: small kept arrays are turned at once, element by element', async () => {
    const { before, after } = await withOnly(
      'constantFolding',
      wave(4, 2, 3),
      (x, kept) => tf.add(x, tf.transpose(kept, [2, 0, 1])),
      wave(2, 3, 4),
    )
    expect(before).toContain('Transpose')
    expect(after).toEqual(['Add'])
  })

  it('constant folding: large kept arrays are divided, and turned where long runs stay together', async () => {
    const [rows, width] = [24, 96]
    const { before, after } = await withOnly(
      'constantFolding',
      wave(2, 3, rows, width),
      (x, kept) => {
        const [first, second] = tf.split(kept, [rows, 40], 2)
        const turned = tf.transpose(second!, [1, 2, 0, 3])
        return tf.add(tf.mul(x, first!), tf.slice(turned, [1, 7, 1, 0], [1, 1, 1, width]))
      },
      wave(2, 3, rows + 40, width),
    )
    expect(before.slice(0, 2)).toEqual(['Split', 'Transpose'])
    expect(after).toEqual(['Mul', 'Slice', 'Add'])
  })

  it('scalar chains: factors and signs in a row are one factor', async () => {
    const { before, after } = await withOnly('scalarChains', wave(3), (x) =>
      tf.exp(tf.mul(tf.neg(tf.mul(tf.mul(x, 0.5), 3)), 2)),
    )
    expect(before).toEqual(['Mul', 'Mul', 'Neg', 'Mul', 'Exp'])
    expect(after).toEqual(['Mul', 'Exp'])
  })

  it('scalar chains: factors that cancel vanish; a product that others read stays', async () => {
    const cancelled = await withOnly('scalarChains', wave(3), (x) => tf.exp(tf.mul(tf.mul(x, 4), 0.25)))
    expect(cancelled.after).toEqual(['Exp'])
    const shared = await withOnly('scalarChains', wave(3), (x) => {
      const half = tf.mul(x, 0.5)
      return tf.add(tf.exp(half), tf.exp(tf.mul(half, 3)))
    })
    expect(shared.after.filter((op) => op === 'Mul')).toHaveLength(2)
  })

  it('scalar chains: factors that overflow or vanish between them stay as they are', async () => {
    for (const [first, second] of [
      [1e20, 1e20],
      [1e-30, 1e-30],
      [1e30, 1e-30],
    ] as const) {
      const far = await withOnly('scalarChains', wave(3), (x) => tf.mul(tf.mul(tf.add(x, 1), first), second))
      expect(far.after.filter((op) => op === 'Mul')).toHaveLength(2)
    }
  })

  it('common subexpressions: the sign of a zero counts', async () => {
    const signs = (x: tf.Tensor, zero: tf.Tensor) => tf.sign(tf.div(x, zero))
    for (const rest of [[], [1, 2]]) {
      const { after } = await withOnly('commonSubexpressions', wave(3), (x) =>
        tf.sub(signs(x, tf.tensor1d([0, ...rest])), signs(x, tf.tensor1d([-0, ...rest]))),
      )
      expect(after.filter((op) => op === 'Div')).toHaveLength(2)
    }
  })

  it('scaled products: a factor becomes the alpha of the product that nobody else reads', async () => {
    const product = (x: tf.Tensor, kept: tf.Tensor) => tf.matMul(x as tf.Tensor2D, kept as tf.Tensor2D)
    const reshaped = await withOnly(
      'scaledProducts',
      wave(4, 3),
      (x, kept) => tf.exp(tf.mul(tf.reshape(product(x, kept), [2, 2, 5]), -0.5)),
      wave(3, 5),
    )
    expect(reshaped.before).toEqual(['Gemm', 'Reshape', 'Mul', 'Exp'])
    expect(reshaped.after).toEqual(['Gemm', 'Reshape', 'Exp'])
    const beside = await withOnly(
      'scaledProducts',
      wave(4, 5),
      (x, kept) => tf.mul(tf.mul(tf.exp(x), 0.5), product(x, kept)),
      wave(5, 5),
    )
    expect(beside.before).toEqual(['Exp', 'Mul', 'Gemm', 'Mul'])
    expect(beside.after).toEqual(['Exp', 'Gemm', 'Mul'])
    const shared = await withOnly(
      'scaledProducts',
      wave(4, 3),
      (x, kept) => {
        const y = product(x, kept)
        return tf.add(y, tf.exp(tf.mul(y, 0.5)))
      },
      wave(3, 5),
    )
    expect(shared.after).toEqual(['Gemm', 'Mul', 'Exp', 'Add'])
  })

  it('transposes: a product reads its operand turned, twice turned is not turned', async () => {
    const { before, after } = await withOnly(
      'foldTransposes',
      wave(4, 3),
      (x, kept) => tf.matMul(tf.transpose(x) as tf.Tensor2D, tf.transpose(kept) as tf.Tensor2D, false, true),
      wave(4, 5),
    )
    expect(before.filter((op) => op === 'Transpose')).toHaveLength(2)
    expect(after).toEqual(['Gemm'])
  })

  it('sums of squares: one operator, unless the square has another reader', async () => {
    const { before, after } = await withOnly('sumsOfSquares', wave(3, 4), (x) => tf.sum(tf.square(x), 1))
    expect(before).toEqual(['Mul', 'ReduceSum'])
    expect(after).toEqual(['ReduceSumSquare'])
    const shared = await withOnly('sumsOfSquares', wave(3, 4), (x) => {
      const square = tf.square(x)
      return tf.div(square, tf.sum(square))
    })
    expect(shared.after).toEqual(['Mul', 'ReduceSum', 'Div'])
  })

  it('pads: slices that lie side by side give their gradients together', async () => {
    const gradient = (ranges: readonly (readonly [number, number])[]) => (x: tf.Tensor) =>
      tf.grad((at: tf.Tensor) =>
        tf.addN(
          ranges.map(([start, end], i) => tf.sum(tf.pow(tf.slice(at, [0, start], [3, end - start]), i + 2))),
        ),
      )(x)
    const whole = await withOnly(
      'joinPads',
      wave(3, 8),
      gradient([
        [5, 8],
        [0, 2],
        [2, 5],
      ]),
    )
    expect(whole.before.filter((op) => op === 'Pad')).toHaveLength(3)
    expect(whole.after).not.toContain('Pad')
    expect(whole.after.filter((op) => op === 'Concat')).toHaveLength(1)
    const inside = await withOnly(
      'joinPads',
      wave(3, 8),
      gradient([
        [1, 4],
        [4, 6],
      ]),
    )
    expect(inside.after.filter((op) => op === 'Pad')).toHaveLength(1)
    const overlapping = await withOnly(
      'joinPads',
      wave(3, 8),
      gradient([
        [0, 5],
        [4, 8],
      ]),
    )
    expect(overlapping.after).not.toContain('Concat')
  })

  it('pads: borders along other axes, of other values, and of values with other readers stay', async () => {
    const pads = (x: tf.Tensor, own: number) =>
      tf.pad(
        x,
        [
          [0, 2],
          [0, 0],
        ],
        own,
      )
    const below = (x: tf.Tensor) =>
      tf.pad(x, [
        [2, 0],
        [0, 0],
      ])
    const joined = await withOnly('joinPads', wave(2, 3), (x) => tf.add(pads(x, 0), below(tf.neg(x))))
    expect(joined.after).toContain('Concat')
    const valued = await withOnly('joinPads', wave(2, 3), (x) => tf.add(pads(x, 1), below(tf.neg(x))))
    expect(valued.after).not.toContain('Concat')
    const read = await withOnly('joinPads', wave(2, 3), (x) => {
      const first = pads(x, 0)
      return tf.mul(tf.add(first, below(tf.neg(x))), first)
    })
    expect(read.after).not.toContain('Concat')
    const crossed = await withOnly(
      'joinPads',
      wave(2, 4),
      (x, kept) =>
        tf.add(
          pads(x, 0),
          tf.pad(kept, [
            [0, 0],
            [2, 0],
          ]),
        ),
      wave(4, 2),
    )
    expect(crossed.after).not.toContain('Concat')
  })
})
