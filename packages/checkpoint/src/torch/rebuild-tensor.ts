import { maxRank } from '../limits'
import { countElements, isCount } from '../shape'
import { describe, type PickleValue, StorageRef, TensorRef } from './pickle-value'

/** Raises an error at the pickle's current place. */
type Fail = (problem: string) => never

/**
 * `torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)` as a description: the
 * window must lie inside its storage. Gradient flag and hooks are dropped.
 */
export function rebuildTensor(args: readonly PickleValue[], fail: Fail): TensorRef {
  const [storage, offset, size, stride] = args
  if (!(storage instanceof StorageRef)) return fail(`a tensor on ${describe(storage)}; a storage wanted`)
  if (!isCount(offset)) return fail(`a tensor with storage offset ${describe(offset)}`)
  const shape = counts('size', size, fail)
  const strides = counts('stride', stride, fail)
  if (shape.length !== strides.length) fail(`a tensor of size [${shape}] with strides [${strides}]`)
  if (!isCount(countElements(shape))) fail(`a tensor of size [${shape}]`)
  const last = shape.reduce((at, length, axis) => at + (length - 1) * strides[axis]!, offset)
  if (!shape.includes(0) && last >= storage.length) {
    fail(
      `a tensor of size [${shape}], strides [${strides}], offset ${offset} reaches element ${last} of a storage ` +
        `of ${storage.length}`,
    )
  }
  return new TensorRef(storage, offset, shape, strides)
}

/** `torch._utils._rebuild_parameter(data, requires_grad, hooks)`: the tensor itself. */
export function rebuildParameter(args: readonly PickleValue[], fail: Fail): TensorRef {
  return args[0] instanceof TensorRef ? args[0] : fail(`a parameter around ${describe(args[0])}`)
}

function counts(what: string, value: PickleValue | undefined, fail: Fail): number[] {
  if (!Array.isArray(value) || value.length > maxRank) return fail(`a tensor with ${what} ${describe(value)}`)
  return value.map((item) => (isCount(item) ? item : fail(`a tensor with ${what} of ${describe(item)}`)))
}
