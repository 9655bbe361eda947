import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import type { HostArray } from '@univ/nn'
import { expect } from 'vitest'
import { type CompileOptions, compile } from '../compile'

export type Op = (...tensors: never[]) => tf.Tensor | tf.Tensor[]
export type Arrays = readonly HostArray[]

/** Numbers that repeat with the seed; multiples of 1/64 so that ties and rounding are exercised too. */
export function floats(shape: readonly number[], seed = 1, low = -2, high = 2): HostArray {
  let state = seed * 2654435761
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.round((low + ((high - low) * state) / 2 ** 32) * 64) / 64 + 1 / 128
  })
  return { shape, dtype: 'float32', data }
}

export const ints = (values: number[], shape: readonly number[] = [values.length]): HostArray => ({
  shape,
  dtype: 'int32',
  data: Int32Array.from(values),
})

export const bools = (values: number[], shape: readonly number[] = [values.length]): HostArray => ({
  shape,
  dtype: 'bool',
  data: Uint8Array.from(values),
})

/** What an operation gives as a program of its own. */
export async function outputsOf(op: Op, arrays: Arrays, options: CompileOptions): Promise<HostArray[]> {
  const inputs = Object.fromEntries(arrays.map((array, i) => [`x${i}`, array]))
  const program = await compile(
    ({ inputs: tensors }) => {
      const result = op(...(arrays.map((_, i) => tensors[`x${i}`]) as never[]))
      return { outputs: Object.fromEntries([result].flat().map((tensor, i) => [`y${i}`, tensor])) }
    },
    { inputs },
    options,
  )
  const outputs = await program.run(inputs)
  await program.dispose()
  return Object.values(outputs)
}

/** Expects shapes, types and numbers of eager tfjs-cpu from the compiled program. */
export async function expectAsEager(
  op: Op,
  arrays: Arrays,
  options: Omit<CompileOptions, 'engine'> = {},
): Promise<void> {
  const ours = await outputsOf(op, arrays, { ...options, engine: 'cpu' })
  const eager = await outputsOf(op, arrays, { engine: 'tfjs:cpu' })
  expect(ours.map(({ shape, dtype }) => `${dtype} [${shape}]`)).toEqual(
    eager.map(({ shape, dtype }) => `${dtype} [${shape}]`),
  )
  ours.forEach(({ data }, i) => {
    const wanted = eager[i]!.data
    expect(data.length).toBe(wanted.length)
    data.forEach((value, j) => {
      const want = wanted[j]!
      if (Number.isFinite(want))
        expect(
          Math.abs(value - want),
          `output ${i}, element ${j}: ${value}, eager ${want}`,
        ).toBeLessThanOrEqual(2e-5 * (1 + Math.abs(want)))
      else expect(value).toBe(want)
    })
  })
}

/** The operation and the gradients of its results' squares. */
export const withGradients =
  (op: Op): Op =>
  (...tensors: never[]) => {
    const loss = (...xs: tf.Tensor[]) => tf.sum(tf.square(op(...(xs as never[])) as tf.Tensor))
    const { value, grads } = tf.valueAndGrads(loss as never)(tensors as tf.Tensor[])
    return [value as tf.Tensor, ...grads]
  }
