import { describe, expect, it } from 'vitest'
import { crc32, portableCrc32 } from './crc32'
import { elementTypes } from './element-type'

const bytesOf = (array: { buffer: ArrayBuffer }) => new Uint8Array(array.buffer)
const refuse = (problem: string): never => {
  throw new Error(problem)
}

describe('element types', () => {
  it('widen float16 exactly, with subnormals, infinities and NaN', () => {
    const bits = Uint16Array.of(
      0x0000,
      0x8000,
      0x0001,
      0x03ff,
      0x0400,
      0x3555,
      0x7bff,
      0x7c00,
      0xfc00,
      0x7e00,
    )
    const expected = [
      0,
      -0,
      2 ** -24,
      1023 * 2 ** -24,
      2 ** -14,
      0.333251953125,
      65504,
      Infinity,
      -Infinity,
      NaN,
    ]
    expect([...elementTypes.float16.decode(bytesOf(bits))]).toEqual(expected)
  })

  it('widen bfloat16 exactly', () => {
    const bits = Uint16Array.of(0x3f80, 0xbf80, 0x0080, 0x7f80, 0x8000)
    expect([...elementTypes.bfloat16.decode(bytesOf(bits))]).toEqual([1, -1, 2 ** -126, Infinity, -0])
  })

  it('round float64 to float32', () => {
    expect([...elementTypes.float64.decode(bytesOf(Float64Array.of(0.1, 1e300)))]).toEqual([
      Math.fround(0.1),
      Infinity,
    ])
  })

  it('refuse integers beyond int32 by place and value', () => {
    expect(() => elementTypes.int64.decode(bytesOf(BigInt64Array.of(0n, 2147483648n)), refuse)).toThrow(
      'element 1 is 2147483648, which does not fit int32',
    )
    expect(() => elementTypes.uint64.decode(bytesOf(BigUint64Array.of(2n ** 64n - 1n)), refuse)).toThrow(
      '18446744073709551615',
    )
    expect(() => elementTypes.uint32.decode(bytesOf(Uint32Array.of(2 ** 31)), refuse)).toThrow('2147483648')
  })

  it('make bool bytes 0 or 1', () => {
    expect([...elementTypes.bool.decode(Uint8Array.of(0, 1, 7))]).toEqual([0, 1, 1])
  })
})

describe('CRC-32', () => {
  it('of the standard check text is the published one, with and without zlib', () => {
    const text = new TextEncoder().encode('123456789')
    expect([crc32(text), portableCrc32(text)]).toEqual([0xcbf43926, 0xcbf43926])
  })
})
