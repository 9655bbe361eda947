import { describe, expect, it } from 'vitest'
import { cosineSchedule } from './schedules'

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
