import type { ByteSource } from '../byte-source'
import { failIn } from '../checkpoint-error'
import { maxDirectoryBytes } from '../limits'
import { ByteReader } from './byte-reader'

/** One file of a zip, as the central directory describes it. */
export interface ZipEntry {
  readonly name: string
  /** 0 stored, 8 deflated. */
  readonly method: number
  readonly crc32: number
  /** Bytes in the zip. */
  readonly compressed: number
  /** Bytes of the content. */
  readonly size: number
  /** Where the local header lies, in bytes. */
  readonly header: number
}

/** A zip's table of contents. */
export interface ZipDirectory {
  readonly entries: ReadonlyMap<string, ZipEntry>
  /** First byte of the central directory: entries end before it. */
  readonly offset: number
}

const unknown32 = 0xffffffff

/**
 * Reads a zip's central directory, zip64 included (PKWARE APPNOTE 4.3.12 to 4.3.16, 4.5.3).
 * @throws CheckpointError on entries that overlap, repeat, are encrypted, or lie outside the file
 */
export async function readZipDirectory(source: ByteSource): Promise<ZipDirectory> {
  const fail = failIn(source.file)
  const end = await findEnd(source)
  if (end.bytes > maxDirectoryBytes || end.offset + end.bytes > end.at) {
    fail(
      end.at,
      `a zip directory of ${end.bytes} bytes at ${end.offset} does not fit in front of byte ${end.at}`,
    )
  }
  if (end.count * 46 > end.bytes) fail(end.at, `${end.count} zip entries do not fit ${end.bytes} bytes`)
  const reader = new ByteReader(await source.read(end.offset, end.bytes), end.offset, fail)
  const entries = new Map<string, ZipEntry>()
  let total = 0
  for (let i = 0; i < end.count; i++) {
    const at = reader.position
    const entry = readEntry(reader)
    total += entry.compressed
    if (entries.has(entry.name)) reader.fail(`zip entry '${entry.name}' appears twice`, at)
    if (entry.header + 30 + entry.compressed > end.offset || total > source.size) {
      reader.fail(
        `zip entry '${entry.name}' of ${entry.compressed} bytes at ${entry.header} overlaps or overruns`,
        at,
      )
    }
    entries.set(entry.name, entry)
  }
  return { entries, offset: end.offset }
}

interface DirectoryEnd {
  /** First byte of the record that ends the directory. */
  readonly at: number
  readonly count: number
  readonly bytes: number
  readonly offset: number
}

async function findEnd(source: ByteSource): Promise<DirectoryEnd> {
  const fail = failIn(source.file)
  const tailStart = Math.max(0, source.size - 22 - 0xffff - 20)
  const tail = await source.read(tailStart, source.size - tailStart)
  const view = new DataView(tail.buffer)
  for (let at = tail.byteLength - 22; at >= 0; at--) {
    // The comment must reach the end exactly, so that a signature inside it is not taken for the record.
    if (
      view.getUint32(at, true) !== 0x06054b50 ||
      at + 22 + view.getUint16(at + 20, true) !== tail.byteLength
    )
      continue
    const end = {
      at: tailStart + at,
      count: view.getUint16(at + 10, true),
      bytes: view.getUint32(at + 12, true),
      offset: view.getUint32(at + 16, true),
    }
    if (view.getUint16(at + 4, true) !== view.getUint16(at + 6, true))
      fail(end.at, 'a zip in several volumes')
    const locator = at - 20
    if (locator < 0 || view.getUint32(locator, true) !== 0x07064b50) return end
    return readEnd64(source, tailStart + locator, view.getBigUint64(locator + 8, true))
  }
  return fail(source.size, 'the end of the zip is missing: the file is cut short')
}

async function readEnd64(source: ByteSource, locator: number, at: bigint): Promise<DirectoryEnd> {
  const fail = failIn(source.file)
  if (at + 56n > BigInt(locator))
    fail(locator, `a zip64 end record at ${at} does not lie in front of its locator`)
  const reader = new ByteReader(await source.read(Number(at), 56), Number(at), fail)
  if (reader.uint32() !== 0x06064b50) reader.fail('the zip64 end record is missing', 0)
  reader.position = 32
  const count = reader.uint64()
  const bytes = reader.uint64()
  const offset = reader.uint64()
  return { at: Number(at), count, bytes, offset }
}

function readEntry(reader: ByteReader): ZipEntry {
  const at = reader.position
  if (reader.uint32() !== 0x02014b50) reader.fail('a zip directory entry without its signature', at)
  reader.take(4)
  const flags = reader.uint16()
  const method = reader.uint16()
  reader.take(4)
  const crc32 = reader.uint32()
  let compressed = reader.uint32()
  let size = reader.uint32()
  const nameBytes = reader.uint16()
  const extraBytes = reader.uint16()
  const commentBytes = reader.uint16()
  reader.take(8)
  let header = reader.uint32()
  const name = reader.text(nameBytes)
  const extra = zip64Extra(reader, extraBytes)
  reader.take(commentBytes)
  if (size === unknown32) size = extra?.uint64() ?? size
  if (compressed === unknown32) compressed = extra?.uint64() ?? compressed
  if (header === unknown32) header = extra?.uint64() ?? header
  if (flags & 1) reader.fail(`zip entry '${name}' is encrypted`, at)
  if (method !== 0 && method !== 8) reader.fail(`zip entry '${name}' has compression method ${method}`, at)
  if (method === 0 && size !== compressed) {
    reader.fail(`zip entry '${name}' is stored, yet has ${compressed} bytes for ${size}`, at)
  }
  return { name, method, crc32, compressed, size, header }
}

/** The extra field that holds the sizes beyond 4 GiB, if there is one. */
function zip64Extra(reader: ByteReader, length: number): ByteReader | undefined {
  const end = reader.position + length
  let found: ByteReader | undefined
  while (reader.position + 4 <= end) {
    const id = reader.uint16()
    const bytes = reader.uint16()
    if (reader.position + bytes > end) reader.fail('a zip extra field longer than its entry')
    const base = reader.base + reader.position
    const field = reader.take(bytes)
    if (id === 1)
      found = new ByteReader(field, base, (at, problem) => reader.fail(problem, (at ?? 0) - reader.base))
  }
  reader.take(end - reader.position)
  return found
}
