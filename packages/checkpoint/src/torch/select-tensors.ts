import type { LoadOptions } from '../checkpoint'
import type { TensorRef } from './pickle-value'

/** The tensors that the caller wants. */
export function selectTensors(
  tensors: ReadonlyMap<string, TensorRef>,
  { only }: LoadOptions,
): ReadonlyMap<string, TensorRef> {
  return only ? new Map([...tensors].filter(([name]) => only(name))) : tensors
}
