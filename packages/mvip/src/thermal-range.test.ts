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
  })

  it.each([[[1]], [[1, 2, 3]], [[2, 1]], [[1, 1]], [[0, Number.NaN]], [[0, Number.POSITIVE_INFINITY]]])(
    'take no range %j',
    (range) => expect(thermalRangeProblem(range)).toMatch('the lower first'),
  )
})
