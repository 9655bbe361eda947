import { describe, expect, it } from 'vitest'
import { openPairLoader } from './pair-loader'
import { workerCount } from './worker-count'

describe('worker threads', () => {
  it('are as many as is wanted, but no more than there are things to do', () => {
    expect(workerCount(3)).toBe(3)
    expect(workerCount(3, 2)).toBe(2)
    expect(workerCount(3, 0)).toBe(1)
    expect(workerCount()).toBeGreaterThan(0)
  })

  it.each([0, 1.5, 257, Number.NaN])('are not %s', (wanted) => {
    const message = `workers ${wanted}: a whole number from 1 to 256 is wanted`
    expect(() => workerCount(wanted)).toThrow(message)
    const pairs = [{ id: 'a', source: 'a', vi: 'a.png', ir: 'b.png' }]
    expect(() => openPairLoader({ pairs, batch: 1, size: 8, workers: wanted })).toThrow(message)
  })
})
