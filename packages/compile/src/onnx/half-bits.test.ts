import { describe, expect, it } from 'vitest'
import { fromBfloat16, halfBits } from './half-bits'

const through = (...values: number[]) => [...fromBfloat16(halfBits(Float32Array.from(values), 'bfloat16'))]

describe('bfloat16', () => {
  it('takes the nearest number, and of two the even one', () => {
    // Between 1 and 2 the numbers stand 2^-7 apart.
    expect(through(1, 1 + 2 ** -7, 1 + 2 ** -8, 1 + 3 * 2 ** -8)).toEqual([1, 1 + 2 ** -7, 1, 1 + 2 ** -6])
    expect(through(1 + 2 ** -8 + 2 ** -20, -(1 + 2 ** -8 + 2 ** -20))).toEqual([1 + 2 ** -7, -1 - 2 ** -7])
    // As PyTorch has them: torch.tensor([0.1, 0.39894228, 3.14159265, 1e-40]).bfloat16().float()
    expect(through(0.1, 0.39894228, Math.PI, 1e-40)).toEqual([
      0.10009765625, 0.3984375, 3.140625, 9.183549615799121e-41,
    ])
  })

  it('has the range of single precision, and its infinities, zeros and NaN', () => {
    expect(through(1e38, -1e-38).map((value) => Math.sign(value))).toEqual([1, -1])
    expect(through(3.4e38, -Infinity, 0, -0, Number.NaN)).toEqual([Infinity, -Infinity, 0, -0, Number.NaN])
    const nan = new Float32Array(Uint32Array.of(0x7fffffff).buffer)
    expect([...fromBfloat16(halfBits(nan, 'bfloat16'))]).toEqual([Number.NaN])
  })

  it('reads what stands inside a larger buffer', () => {
    expect(halfBits(Float32Array.of(1, 2, 3).subarray(1), 'bfloat16')).toEqual(Uint16Array.of(0x4000, 0x4040))
  })
})
