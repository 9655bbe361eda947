import { Float16Array } from '@petamoriken/float16'
import type { HalfDtype } from '../graph'

/** The nearest numbers of 16 bits, as these bits; ties go to the even one. */
export function halfBits(values: Float32Array, dtype: HalfDtype): Uint16Array {
  return dtype === 'float16' ? new Uint16Array(new Float16Array(values).buffer) : bfloat16Bits(values)
}

/** The upper half of a float32. */
function bfloat16Bits(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length)
  // What is no number stays none: its bits might overflow when rounded.
  return Uint16Array.from(words, (word, i) =>
    Number.isNaN(values[i]) ? 0x7fc0 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16,
  )
}

/** The numbers that bfloat16 bits stand for. */
export function fromBfloat16(bits: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits, (half) => half << 16).buffer)
}
