import * as tf from '@tensorflow/tfjs-core'
import type { HostArray } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { type Op, outputsOf } from '../testing/as-eager'

const numbers = [
  ...[0, 1e-8, -1e-8, 1e-20, 3e-6, -3e-6, 1e-4, -1e-3, 0.01, 0.1, -0.1, 0.499, 0.501, -0.499, -0.501, -0.9],
  ...[1, 2, 8, 20, 80],
].map(Math.fround)

async function of(op: Op, values: readonly number[]): Promise<number[]> {
  const x: HostArray = { shape: [values.length], dtype: 'float32', data: Float32Array.from(values) }
  const [y] = await outputsOf(op, [x], { engine: 'cpu' })
  return [...y!.data]
}

function expectDigits(got: readonly number[], wanted: readonly number[]): void {
  got.forEach((value, i) => {
    const want = wanted[i]!
    expect(Math.abs(value - want), `${numbers[i]}: ${value}, not ${want}`).toBeLessThanOrEqual(
      1e-6 * Math.abs(want),
    )
  })
}

describe('functions of what is nearly one', () => {
  it('keep the digits of expm1', async () =>
    expectDigits(await of(tf.expm1 as Op, numbers), numbers.map(Math.expm1)))

  it('keep the digits of log1p', async () =>
    expectDigits(await of(tf.log1p as Op, numbers), numbers.map(Math.log1p)))

  it('end where expm1 and log1p end', async () => {
    expect(await of(tf.expm1 as Op, [-Infinity, -200, -20, 200, Infinity, Number.NaN])).toEqual([
      -1,
      -1,
      -1,
      Infinity,
      Infinity,
      Number.NaN,
    ])
    expect(await of(tf.log1p as Op, [-2, -1, Infinity, Number.NaN])).toEqual([
      Number.NaN,
      -Infinity,
      Infinity,
      Number.NaN,
    ])
  })
})
