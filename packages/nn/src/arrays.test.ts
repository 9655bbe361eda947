import { describe, expect, it } from 'vitest'
import { hostArray } from './arrays'

describe('hostArray', () => {
  it('tells the type by the kind of the numbers', () => {
    expect(hostArray([2, 1], Float32Array.of(1, 2))).toEqual({
      shape: [2, 1],
      dtype: 'float32',
      data: Float32Array.of(1, 2),
    })
    expect(hostArray([1], Int32Array.of(3)).dtype).toBe('int32')
    expect(hostArray([], Uint8Array.of(1)).dtype).toBe('bool')
  })

  it('refuses more or fewer numbers than the shape holds', () => {
    expect(() => hostArray([2, 3], new Float32Array(5))).toThrow('[2,3] is 6 numbers, there are 5')
  })
})
