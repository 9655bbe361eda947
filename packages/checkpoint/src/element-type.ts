import { decodeBfloat16, decodeFloat16 } from './float16'

/** The arrays that tensors come in. */
export type ElementArray = Float32Array | Int32Array | Uint8Array

/** Raises the error for a value that our arrays cannot hold. */
type Refuse = (problem: string) => never

interface ElementRule {
  /** Bytes per element in the file. */
  readonly bytes: number
  /** Bytes per element in memory. */
  readonly memory: number
  /** Lays out little-endian bytes, aligned to `bytes`, as numbers; may reuse their memory. */
  decode(bytes: Uint8Array<ArrayBuffer>, refuse: Refuse): ElementArray
}

/**
 * How each element type of the file becomes numbers. float64 is rounded to float32 (beyond its range to ±∞, as
 * torch's `.float()` does); integers that do not fit int32 are refused.
 */
export const elementTypes = {
  float64: { bytes: 8, memory: 4, decode: (b) => Float32Array.from(new Float64Array(...span(b, 8))) },
  float32: { bytes: 4, memory: 4, decode: (b) => new Float32Array(...span(b, 4)) },
  float16: { bytes: 2, memory: 4, decode: (b) => decodeFloat16(new Uint16Array(...span(b, 2))) },
  bfloat16: { bytes: 2, memory: 4, decode: (b) => decodeBfloat16(new Uint16Array(...span(b, 2))) },
  int64: { bytes: 8, memory: 4, decode: (b, refuse) => narrow(new BigInt64Array(...span(b, 8)), refuse) },
  int32: { bytes: 4, memory: 4, decode: (b) => new Int32Array(...span(b, 4)) },
  int16: { bytes: 2, memory: 4, decode: (b) => Int32Array.from(new Int16Array(...span(b, 2))) },
  int8: { bytes: 1, memory: 4, decode: (b) => Int32Array.from(new Int8Array(...span(b, 1))) },
  uint64: { bytes: 8, memory: 4, decode: (b, refuse) => narrow(new BigUint64Array(...span(b, 8)), refuse) },
  uint32: { bytes: 4, memory: 4, decode: (b, refuse) => narrow(new Uint32Array(...span(b, 4)), refuse) },
  uint16: { bytes: 2, memory: 4, decode: (b) => Int32Array.from(new Uint16Array(...span(b, 2))) },
  uint8: { bytes: 1, memory: 1, decode: (b) => b },
  bool: { bytes: 1, memory: 1, decode: (b) => b.map((value) => (value === 0 ? 0 : 1)) },
} as const satisfies Record<string, ElementRule>

/** Element types that checkpoints may hold. */
export type CheckpointDType = keyof typeof elementTypes

function span(bytes: Uint8Array<ArrayBuffer>, width: number): [ArrayBuffer, number, number] {
  return [bytes.buffer, bytes.byteOffset, bytes.byteLength / width]
}

function narrow(values: BigInt64Array | BigUint64Array | Uint32Array, refuse: Refuse): Int32Array {
  const out = new Int32Array(values.length)
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]!)
    out[i] = value
    if (out[i] !== value) refuse(`element ${i} is ${values[i]}, which does not fit int32`)
  }
  return out
}
