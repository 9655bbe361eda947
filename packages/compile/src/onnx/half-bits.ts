import { Float16Array } from '@petamoriken/float16'

/** The nearest half-precision numbers as their 16 bits each. */
export function halfBits(values: Float32Array): Uint16Array {
  return new Uint16Array(new Float16Array(values).buffer)
}
