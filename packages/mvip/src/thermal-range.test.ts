import { describe, expect, it } from 'vitest'
import { scaleToBytes, thermalRangeProblem } from './thermal-range'

describe('radiometric values as bytes', () => {
  it('are linear within the range and clipped outside', () => {
    const values = Float32Array.of(6999, 7000, 7500, 8000, 9001)
    expect([...scaleToBytes(values, [7000, 8000])]).toEqual([0, 0, 128, 255, 255])
  })

  it('are scaled by the 1st and 99th percentile, which wild values do not move', () => {
    const values = Float32Array.from({ length: 201 }, (_, i) => 7000 + i)
    values.set([0, 65535], 100)
    const bytes = scaleToBytes(values)
    // Sorted without the two: places 2 and 198 of 200.
    expect([bytes[0], bytes[100], bytes[101], bytes[200]]).toEqual([0, 0, 255, 255])
    expect(bytes[50]).toBe(Math.round((255 * (7050 - 7001)) / (7199 - 7001)))
  })

  it('are 0 where there is no number, or one alone', () => {
    expect([...scaleToBytes(Float32Array.of(Number.NaN, 1, 2, Number.POSITIVE_INFINITY), [1, 2])]).toEqual([
      0, 0, 255, 255,
    ])
    expect([...scaleToBytes(Float32Array.of(7, 7))]).toEqual([0, 0])
    expect([...scaleToBytes(Float32Array.of(Number.NaN))]).toEqual([0])
    // Dead pixels say nothing of the scale: 1st and 99th percentile of 0 to 100 are 1 and 99.
    const half = Float32Array.from({ length: 202 }, (_, i) => (i % 2 === 0 ? i / 2 : Number.NaN))
    expect([scaleToBytes(half)[2 * 50], scaleToBytes(half)[2 * 99], scaleToBytes(half)[1]]).toEqual([
      128, 255, 0,
    ])
  })

  it('show what is hotter than an image of one value otherwise', () => {
    const values = new Float32Array(1000).fill(7000)
    values.set([7900, 6500], 40)
    const bytes = scaleToBytes(values)
    expect([bytes[0], bytes[40], bytes[41]]).toEqual([0, 255, 0])
  })

  it.each([[[1]], [[1, 2, 3]], [[2, 1]], [[1, 1]], [[0, Number.NaN]], [[0, Number.POSITIVE_INFINITY]]])(
    'take no range %j',
    (range) => expect(thermalRangeProblem(range)).toMatch('the lower first'),
  )
})
