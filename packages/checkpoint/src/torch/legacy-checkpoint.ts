import type { ByteSource } from '../byte-source'
import type { Checkpoint, LoadOptions } from '../checkpoint'
import { type Fail, failIn } from '../checkpoint-error'
import { elementTypes } from '../element-type'
import { maxPickleBytes } from '../limits'
import { ByteReader } from './byte-reader'
import { loadTensors, type Storages } from './load-tensors'
import { nameTensors } from './name-tensors'
import { readPickle } from './pickle-machine'
import { describe, type PickleValue, type StorageRef } from './pickle-value'
import { selectTensors } from './select-tensors'
import { loadStorageId } from './storage-id'

const magicNumber = 0x1950a86a20f9469cfc6cn
const protocolVersion = 1001

/** The pickle of torch's magic number: how a legacy file starts. */
export const legacyStart = Uint8Array.of(
  0x80,
  2,
  0x8a,
  10,
  0x6c,
  0xfc,
  0x9c,
  0x46,
  0xf9,
  0x20,
  0x6a,
  0xa8,
  0x50,
  0x19,
)

/**
 * Reads torch's format before release 1.6: five pickles (magic number, version, system, object, storage keys),
 * then per key the number of elements (8 bytes) and the elements.
 * @throws CheckpointError
 */
export async function loadTorchLegacy(source: ByteSource, options: LoadOptions): Promise<Checkpoint> {
  const fail = failIn(source.file)
  const head = await source.read(0, Math.min(source.size, maxPickleBytes))
  const reader = new ByteReader(head, 0, fail)
  const magic = readPickle(reader)
  if (magic !== magicNumber) fail(0, `torch's magic number wanted, not ${describe(magic)}`)
  const version = readPickle(reader)
  if (version !== protocolVersion)
    fail(0, `version ${describe(version)} of torch's format; ${protocolVersion} wanted`)
  checkSystem(readPickle(reader), reader.position, fail)

  const known = new Map<string, StorageRef>()
  const value = readPickle(reader, (id, refuse) => {
    const storage = loadStorageId(id, refuse)
    if (!known.has(storage.key)) known.set(storage.key, storage)
    return storage
  })
  const { tensors, metadata } = nameTensors(value, fail)
  const keysAt = reader.position
  const keys = readPickle(reader)
  if (!Array.isArray(keys)) return fail(keysAt, `the list of storages wanted, not ${describe(keys)}`)
  const places = await findStorages(source, keys, known, keysAt, reader.position)
  const storages: Storages = {
    find: (key) => places.get(key),
    read(key) {
      const { offset, bytes } = places.get(key)!
      return source.read(offset, bytes)
    },
  }
  const loaded = await loadTensors(selectTensors(tensors, options), storages, source.size, fail)
  return { format: 'torch-legacy', tensors: loaded, metadata }
}

function checkSystem(system: PickleValue, at: number, fail: Fail): void {
  if (!(system instanceof Map)) fail(at, `the saving system's description wanted, not ${describe(system)}`)
  if (system.get('little_endian') !== true)
    fail(at, 'saved on a big-endian machine; only little-endian files are read')
}

type Places = Map<string, { readonly offset: number; readonly bytes: number }>

/** Walks over the storages behind the pickles; their sizes follow one from the other. */
async function findStorages(
  source: ByteSource,
  keys: readonly PickleValue[],
  known: ReadonlyMap<string, StorageRef>,
  keysAt: number,
  start: number,
): Promise<Places> {
  const fail = failIn(source.file)
  const places: Places = new Map()
  let at = start
  for (const key of keys) {
    const dtype = typeof key === 'string' ? known.get(key)?.dtype : undefined
    if (typeof key !== 'string' || !dtype)
      return fail(keysAt, `storage ${describe(key)} belongs to no tensor`)
    if (places.has(key)) fail(keysAt, `storage '${key}' is listed twice`)
    const count = new ByteReader(await source.read(at, 8), at, fail).uint64()
    const bytes = count * elementTypes[dtype].bytes
    if (bytes > source.size - at - 8) {
      fail(
        at,
        `storage '${key}' of ${bytes} bytes wanted, ${source.size - at - 8} left: the file is cut short`,
      )
    }
    places.set(key, { offset: at + 8, bytes })
    at += 8 + bytes
  }
  return places
}
