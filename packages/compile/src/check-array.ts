import type { HostArray } from '@univ/nn'
import { CompileError } from './compile-error'
import { sizeOf } from './graph'

/** @throws CompileError where the array is of another shape or type, or does not hold what its shape says. */
export function checkArray(what: string, array: HostArray, shape: readonly number[], dtype: string): void {
  const size = sizeOf(shape)
  if (array.dtype === dtype && `${array.shape}` === `${shape}` && array.data.length === size) return
  throw new CompileError(
    `${what}: expected ${dtype} [${shape}] (${size} values), got ${array.dtype} [${array.shape}] (${array.data.length} values)`,
  )
}
