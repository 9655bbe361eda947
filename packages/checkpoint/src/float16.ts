let table: Float32Array | undefined

/** The 65,536 values of IEEE 754 binary16, as float32; made at the first use. */
function float16Table(): Float32Array {
  if (table) return table
  table = new Float32Array(65536)
  for (let bits = 0; bits < 65536; bits++) {
    const exponent = (bits >> 10) & 31
    const fraction = bits & 1023
    const magnitude =
      exponent === 31
        ? fraction === 0
          ? Infinity
          : NaN
        : exponent === 0
          ? fraction * 2 ** -24
          : (1 + fraction / 1024) * 2 ** (exponent - 15)
    table[bits] = bits & 0x8000 ? -magnitude : magnitude
  }
  return table
}

/** Widens binary16 bit patterns to float32, exactly. */
export function decodeFloat16(bits: Uint16Array): Float32Array {
  const values = float16Table()
  const out = new Float32Array(bits.length)
  for (let i = 0; i < bits.length; i++) out[i] = values[bits[i]!]!
  return out
}

/** Widens bfloat16 bit patterns (the upper half of a float32) to float32, exactly. */
export function decodeBfloat16(bits: Uint16Array): Float32Array {
  const out = new Uint32Array(bits.length)
  for (let i = 0; i < bits.length; i++) out[i] = bits[i]! << 16
  return new Float32Array(out.buffer)
}
