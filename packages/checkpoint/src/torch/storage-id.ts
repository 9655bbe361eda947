import { isCount } from '../shape'
import { describe, GlobalRef, type PickleValue, StorageRef } from './pickle-value'

/**
 * torch's persistent ids: `('storage', type, key, location, elements)`, in old files followed by `None` or a
 * view `(key, offset, elements)` on the same storage.
 */
export function loadStorageId(id: PickleValue, fail: (problem: string) => never): StorageRef {
  if (!Array.isArray(id)) return fail(`a persistent id that is ${describe(id)}`)
  const [kind, type, key, , length, view] = id
  if (kind !== 'storage') return fail(`a persistent id of kind ${describe(kind)}; 'storage' wanted`)
  const dtype = type instanceof GlobalRef ? type.rule.storage : undefined
  if (!dtype) return fail(`a storage of type ${describe(type)}`)
  if (typeof key !== 'string') return fail(`a storage with key ${describe(key)}`)
  if (!isCount(length)) return fail(`a storage of ${describe(length)} elements`)
  if (view === undefined || view === null) return new StorageRef(key, dtype, 0, length)
  const [, start, viewLength] = Array.isArray(view) ? view : []
  if (!isCount(start) || !isCount(viewLength) || start + viewLength > length) {
    return fail(`a view of ${describe(viewLength)} elements at ${describe(start)} on a storage of ${length}`)
  }
  return new StorageRef(key, dtype, start, viewLength)
}
