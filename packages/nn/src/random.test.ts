import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { dropout } from './dropout'
import { filled, kaimingUniform, truncatedNormal, xavierUniform } from './initialisers'
import { noisePool } from './noise-pool'
import { rng } from './rng'

await tf.setBackend('cpu')

const largest = (data: ArrayLike<number>) => Array.from(data).reduce((a, b) => Math.max(a, Math.abs(b)), 0)
const deviation = (data: ArrayLike<number>) =>
  Math.sqrt(Array.from(data).reduce((sum, value) => sum + value * value, 0) / data.length)

describe('random numbers', () => {
  it('are those of sfc32 written down a second time, in Python', () => {
    const generator = rng(7, 'epoch', 3)
    expect([generator.uniform(), generator.uniform(), generator.int(1000)]).toEqual([
      0.44972558901645243, 0.3938130820170045, 805,
    ])
  })

  it('are normal with mean 0 and variance 1', () => {
    const generator = rng(11)
    const values = Float64Array.from({ length: 20000 }, () => generator.normal())
    expect(values.reduce((a, b) => a + b) / values.length).toBeCloseTo(0, 1)
    expect(deviation(values)).toBeCloseTo(1, 1)
  })

  it('fill an array with float32 numbers below 1', () => {
    const values = rng(3).fillUniform(new Float32Array(5000))
    expect(largest(values)).toBeLessThan(1)
    expect(values.reduce((a, b) => a + b) / values.length).toBeCloseTo(0.5, 1)
  })
})

describe('initialisers', () => {
  it('Xavier: uniform within ±√(6 / (in + out)), a filter’s area counting on both sides', () => {
    const bound = Math.sqrt(6 / (4 * 30 + 4 * 20))
    const { shape, data } = xavierUniform([2, 2, 30, 20], rng(1))
    expect(shape).toEqual([2, 2, 30, 20])
    expect(largest(data)).toBeLessThanOrEqual(bound)
    expect(deviation(data)).toBeCloseTo(bound / Math.sqrt(3), 2)
  })

  it('Kaiming (√5): uniform within ±1/√in', () => {
    const { data } = kaimingUniform([5, 5, 4, 40], rng(1))
    expect(largest(data)).toBeLessThanOrEqual(0.1)
    expect(deviation(data)).toBeCloseTo(0.1 / Math.sqrt(3), 2)
  })

  it('truncated normal: nothing further out than two deviations', () => {
    const { data } = truncatedNormal([5000], rng(1), 0.02)
    expect(largest(data)).toBeLessThanOrEqual(0.04)
    // A standard normal cut at ±2 has deviation 0.88.
    expect(deviation(data)).toBeCloseTo(0.0176, 3)
  })

  it('filled: equal numbers', () => expect([...filled([2, 2], 3).data]).toEqual([3, 3, 3, 3]))
})

describe('a noise pool', () => {
  const pool = () => noisePool(tf.tensor1d([0, 0.25, 0.5, 0.75]))

  it('hands out consecutive stretches, then others', () => {
    const noise = pool()
    const draws = [[2], [1], [3]].map((shape) => [...noise.uniform(shape).dataSync()])
    expect(draws).toEqual([[0, 0.25], [0.5], [0.25, 0.5, 0.75]])
  })

  it('repeats itself for a site larger than it', () => {
    const values = pool().uniform([2, 3])
    expect(values.shape).toEqual([2, 3])
    expect([...values.dataSync()]).toEqual([0.5, 0.75, 0, 0.25, 0.5, 0.75])
  })

  // As large as the pool, more than half, a third: what a transformer's blocks ask for, one after another.
  it.each([1, 0.57, 1 / 3])('gives sites of one size, %f of the pool, masks of their own', (share) => {
    const size = 3 * 1024
    const noise = noisePool(tf.tensor1d(rng(5).fillUniform(new Float32Array(size))))
    const count = Math.round(size * share)
    const masks = Array.from({ length: 30 }, () => [...noise.mask(count, 0.5).dataSync()])
    for (const [i, mask] of masks.entries())
      for (const other of masks.slice(0, i)) {
        const same = mask.filter((value, k) => value === other[k]).length / mask.length
        expect(Math.abs(same - 0.5)).toBeLessThan(0.1) // as independent masks would; equal ones have 1
      }
  })

  it('masks: 0 below the rate, else what keeps the mean', () => {
    expect([...pool().mask(4, 0.5).dataSync()]).toEqual([0, 0])
    expect([...pool().mask(3, 0.5).dataSync()]).toEqual([0, 0, 2])
    expect([...pool().mask(2, 0.25).dataSync()]).toEqual([0, expect.closeTo(4 / 3, 6)])
  })

  it('gives a large site a stretch that divides it, or its whole mask where that would be short', () => {
    expect(pool().mask(6, 0.5).shape).toEqual([3])
    expect(pool().mask(12, 0.5).shape).toEqual([3])
    expect(noisePool(tf.linspace(0, 0.9, 10)).mask(11 * 2, 0.5).shape).toEqual([22]) // 2 of 10 would repeat 11 times
  })

  it('drops the same elements of a large site as the repeated mask says', () => {
    const x = tf.range(1, 7) // 6 elements, a pool of 4: the stretch is 3
    const y = dropout(tf.reshape(x, [2, 3]), 0.5, noisePool(tf.tensor1d([0.9, 0, 0.6, 0.1])))
    expect([...y.dataSync()]).toEqual([2, 0, 6, 8, 0, 12])
  })

  it('refuses to be empty', () =>
    expect(() => noisePool(tf.tensor1d([]))).toThrow('needs at least one number'))
})
