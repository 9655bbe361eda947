import { describe, expect, it } from 'vitest'
import { cosineSchedule, polySchedule } from './schedules'

describe('cosineSchedule', () => {
  // 10 epochs of 4 steps, 2 of them warm-up: 8 warm-up steps, then 32.
  const lr = cosineSchedule({ base: 1, final: 0.1, epochs: 10, stepsPerEpoch: 4, warmupEpochs: 2 })

  it('rises linearly from 0 to the base over the warm-up', () => {
    expect(lr(0)).toBe(0)
    expect(lr(1)).toBeCloseTo(1 / 7, 12)
    expect(lr(7)).toBe(1)
  })

  it('falls along half a cosine to the final value', () => {
    expect(lr(8)).toBe(1)
    expect(lr(8 + 16)).toBeCloseTo(0.55, 12)
    expect(lr(8 + 8)).toBeCloseTo(0.1 + 0.45 * (1 + Math.SQRT1_2), 12)
    expect(lr(40)).toBeCloseTo(0.1, 12)
    expect(lr(1000)).toBeCloseTo(0.1, 12)
  })

  it('rises as well, for the weight decay', () => {
    const decay = cosineSchedule({ base: 0.05, final: 0.5, epochs: 4, stepsPerEpoch: 1 })
    expect([decay(0), decay(2), decay(4)].map((value) => Number(value.toFixed(6)))).toEqual([
      0.05, 0.275, 0.5,
    ])
  })
})

describe('polySchedule', () => {
  // The authors' segmentation: 1e-4, power 1, 48,000 steps, 1,500 of warm-up from a millionth.
  const schedule = polySchedule({ base: 1e-4, steps: 48_000, warmup: 1500 })

  it('rises from a millionth of the decaying rate, then falls in a straight line to zero', () => {
    expect(schedule(0)).toBeCloseTo(1e-10, 14)
    expect(schedule(750)).toBeCloseTo(1e-4 * (1 - 750 / 48_000) * (1 - 0.5 * (1 - 1e-6)), 12)
    expect(schedule(1500)).toBeCloseTo(1e-4 * (1 - 1500 / 48_000), 12)
    expect(schedule(24_000)).toBeCloseTo(5e-5, 12)
    expect(schedule(48_000)).toBe(0)
  })

  it('bends with its power and ends at its last value', () => {
    const bent = polySchedule({ base: 1, final: 0.1, steps: 10, power: 2 })
    expect(bent(5)).toBeCloseTo(0.1 + 0.9 / 4, 12)
    expect(bent(10)).toBeCloseTo(0.1, 12)
    expect(bent(99)).toBeCloseTo(0.1, 12)
  })
})
