import type { HostArray } from '@univ/nn'
import { CompileError } from './compile-error'
import { sizeOf } from './graph'

/** The kinds of arrays by what they hold. */
export const arrayClasses = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const

/** @throws CompileError where the array is of another shape or type, or does not hold what its shape and type say. */
export function checkArray(what: string, array: HostArray, shape: readonly number[], dtype: string): void {
  const size = sizeOf(shape)
  const kind = arrayClasses[array.dtype]
  if (kind && !(array.data instanceof kind))
    throw new CompileError(
      `${what}: ${array.dtype} is held by a ${kind.name}, got ${array.data?.constructor?.name}`,
    )
  if (array.dtype === dtype && `${array.shape}` === `${shape}` && array.data.length === size) return
  throw new CompileError(
    `${what}: expected ${dtype} [${shape}] (${size} values), got ${array.dtype} [${array.shape}] (${array.data.length} values)`,
  )
}
