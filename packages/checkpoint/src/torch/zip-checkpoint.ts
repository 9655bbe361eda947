import type { ByteSource } from '../byte-source'
import type { Checkpoint, LoadOptions } from '../checkpoint'
import { failIn } from '../checkpoint-error'
import { maxMemory, maxPickleBytes } from '../limits'
import { ByteReader } from './byte-reader'
import { loadTensors, type Storages } from './load-tensors'
import { nameTensors } from './name-tensors'
import { readPickle } from './pickle-machine'
import { selectTensors } from './select-tensors'
import { loadStorageId } from './storage-id'
import { readZipDirectory, type ZipEntry } from './zip-directory'
import { readZipEntry } from './zip-entry'

/**
 * Reads torch's format since release 1.6: a zip with one root folder that holds `data.pkl` and one file
 * `data/KEY` per storage.
 * @throws CheckpointError
 */
export async function loadTorchZip(source: ByteSource, options: LoadOptions): Promise<Checkpoint> {
  const fail = failIn(source.file)
  const checksums = options.checksums ?? true
  const directory = await readZipDirectory(source)
  const pickles = [...directory.entries.values()].filter(({ name }) => /^[^/]+\/data\.pkl$/.test(name))
  const [pickle] = pickles
  if (!pickle || pickles.length > 1) {
    return fail(directory.offset, `a zip with ${pickles.length} entries ROOT/data.pkl; a torch file has one`)
  }
  if (pickle.size > maxPickleBytes)
    fail(pickle.header, `a pickle of ${pickle.size} bytes (limit ${maxPickleBytes})`)
  const root = pickle.name.slice(0, -'data.pkl'.length)
  const read = (entry: ZipEntry) => readZipEntry(source, directory, entry, checksums)

  const order = directory.entries.get(`${root}byteorder`)
  if (order && order.size < 16) {
    const { bytes, offset } = await read(order)
    const text = new TextDecoder().decode(bytes).trim()
    if (text !== 'little') fail(offset, `byte order '${text}'; only little-endian files are read`)
  }
  const content = await read(pickle)
  const value = readPickle(new ByteReader(content.bytes, content.offset, fail), loadStorageId)
  const { tensors, metadata } = nameTensors(value, fail)
  const selected = selectTensors(tensors, options)

  const entryOf = (key: string) => directory.entries.get(`${root}data/${key}`)
  checkInflation(source, [...new Set([...selected.values()].map(({ storage }) => storage.key))].map(entryOf))
  const storages: Storages = {
    find(key) {
      const entry = entryOf(key)
      return entry && { offset: entry.header, bytes: entry.size }
    },
    read: async (key) => (await read(entryOf(key)!)).bytes,
  }
  return { format: 'torch-zip', tensors: await loadTensors(selected, storages, source.size, fail), metadata }
}

function checkInflation(source: ByteSource, entries: readonly (ZipEntry | undefined)[]): void {
  const total = entries.reduce((sum, entry) => sum + (entry?.size ?? 0), 0)
  if (total > maxMemory(source.size)) {
    failIn(source.file)(undefined, `storages of ${total} bytes from a zip of ${source.size}: refused`)
  }
}
