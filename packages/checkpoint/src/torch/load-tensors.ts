import type { CheckpointTensor } from '../checkpoint'
import type { Fail } from '../checkpoint-error'
import { type ElementArray, elementTypes } from '../element-type'
import { maxMemory } from '../limits'
import { countElements } from '../shape'
import type { TensorRef } from './pickle-value'
import { gatherStrided, isContiguous } from './strided'

/** The storages of one file, by key. */
export interface Storages {
  /** Where the storage lies, in bytes from the start of the file; undefined when there is none. */
  find(key: string): { readonly offset: number; readonly bytes: number } | undefined
  /** The storage's bytes, in memory of their own. */
  read(key: string): Promise<Uint8Array<ArrayBuffer>>
}

/**
 * Reads what tensors describe. All sizes are checked before anything is allocated; each storage is read once,
 * and tensors that share one get memory of their own.
 * @param size bytes of the file
 */
export async function loadTensors(
  tensors: ReadonlyMap<string, TensorRef>,
  storages: Storages,
  size: number,
  fail: Fail,
): Promise<Map<string, CheckpointTensor>> {
  checkMemory(tensors, size, fail)
  const users = new Map<string, string[]>()
  for (const [name, tensor] of tensors) {
    checkStorage(name, tensor, storages, fail)
    const { key } = tensor.storage
    const names = users.get(key)
    if (names) names.push(name)
    else users.set(key, [name])
  }
  // The names first, so that the result keeps the file's order whatever the order of storages.
  const loaded = new Map<string, CheckpointTensor | undefined>(
    [...tensors.keys()].map((name) => [name, undefined]),
  )
  for (const [key, names] of users) {
    const bytes = await storages.read(key)
    for (const name of names) {
      const tensor = tensors.get(name)!
      const data = decode(tensor, bytes, names.length === 1, (problem) =>
        fail(storages.find(key)?.offset, `tensor '${name}': ${problem}`),
      )
      loaded.set(name, { shape: tensor.shape, dtype: tensor.storage.dtype, data })
    }
  }
  return loaded as Map<string, CheckpointTensor>
}

function checkMemory(tensors: ReadonlyMap<string, TensorRef>, size: number, fail: Fail): void {
  let memory = 0
  for (const [name, { shape, storage }] of tensors) {
    memory += countElements(shape) * elementTypes[storage.dtype].memory
    if (memory > maxMemory(size)) {
      fail(
        undefined,
        `tensor '${name}' [${shape}] brings the file's ${size} bytes to ${memory} in memory: refused`,
      )
    }
  }
}

function checkStorage(name: string, { storage }: TensorRef, storages: Storages, fail: Fail): void {
  const place = storages.find(storage.key)
  if (!place) fail(undefined, `tensor '${name}' lies in storage '${storage.key}', which the file lacks`)
  const wanted = (storage.start + storage.length) * elementTypes[storage.dtype].bytes
  if (wanted > place.bytes) {
    fail(place.offset, `tensor '${name}' wants a storage of ${wanted} bytes, which has ${place.bytes}`)
  }
}

function decode(
  { storage, offset, shape, strides }: TensorRef,
  bytes: Uint8Array<ArrayBuffer>,
  only: boolean,
  refuse: (problem: string) => never,
): ElementArray {
  const element = elementTypes[storage.dtype]
  const start = (storage.start + offset) * element.bytes
  const length = countElements(shape) * element.bytes
  if (!isContiguous(shape, strides)) {
    return element.decode(gatherStrided(bytes.subarray(start), element.bytes, shape, strides), refuse)
  }
  // Laid over the storage only where the tensor is all of it and nobody else looks at it.
  const whole = only && length === bytes.byteLength
  return element.decode(whole ? bytes : bytes.slice(start, start + length), refuse)
}
