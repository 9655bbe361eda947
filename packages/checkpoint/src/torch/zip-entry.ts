import { promisify } from 'node:util'
import { inflateRaw } from 'node:zlib'
import type { ByteSource } from '../byte-source'
import { failIn } from '../checkpoint-error'
import { crc32 } from '../crc32'
import { maxMemory } from '../limits'
import { ByteReader } from './byte-reader'
import type { ZipDirectory, ZipEntry } from './zip-directory'

/** Deflate cannot shrink data further than this (zlib's technical notes: 1032 to 1). */
const maxDeflateRatio = 1032

/** Content of a zip entry. */
export interface ZipContent {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** First byte of the content in the file (of its compressed form where it is compressed). */
  readonly offset: number
}

/**
 * Reads one entry. torch stores entries as they are; re-packed, deflated ones are inflated up to the size that
 * the directory declares, which is checked beforehand.
 * @throws CheckpointError where local header, directory, size or CRC-32 disagree
 */
export async function readZipEntry(
  source: ByteSource,
  directory: ZipDirectory,
  entry: ZipEntry,
  checksums: boolean,
): Promise<ZipContent> {
  const fail = failIn(source.file)
  const { name } = entry
  const nameBytes = new TextEncoder().encode(name)
  const local = new ByteReader(await source.read(entry.header, 30 + nameBytes.length), entry.header, fail)
  if (local.uint32() !== 0x04034b50) local.fail(`zip entry '${name}' has no header here`, 0)
  local.position = 26
  const localNameBytes = local.uint16()
  const extraBytes = local.uint16()
  if (localNameBytes !== nameBytes.length || local.text(localNameBytes) !== name) {
    local.fail(`zip entry '${name}' has another name in its own header`, 30)
  }
  const offset = entry.header + 30 + localNameBytes + extraBytes
  if (offset + entry.compressed > directory.offset) {
    fail(
      offset,
      `zip entry '${name}' of ${entry.compressed} bytes runs into the directory at ${directory.offset}`,
    )
  }
  if (entry.size > maxMemory(source.size) || entry.size > (entry.compressed + 1) * maxDeflateRatio) {
    fail(entry.header, `zip entry '${name}' declares ${entry.size} bytes from ${entry.compressed}: refused`)
  }
  const raw = await source.read(offset, entry.compressed)
  const bytes =
    entry.method === 0 ? raw : await inflate(raw, entry, (problem, cause) => fail(offset, problem, cause))
  if (checksums && crc32(bytes) !== entry.crc32) {
    fail(offset, `zip entry '${name}' is corrupt: its CRC-32 is not the recorded one`)
  }
  return { bytes, offset }
}

async function inflate(
  raw: Uint8Array,
  { name, size }: ZipEntry,
  fail: (problem: string, cause?: unknown) => never,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    // A copy: pooled buffers do not start at a multiple of the element size.
    const bytes = new Uint8Array(await promisify(inflateRaw)(raw, { maxOutputLength: Math.max(1, size) }))
    if (bytes.byteLength === size) return bytes
    return fail(`zip entry '${name}' inflates to ${bytes.byteLength} bytes, not ${size}`)
  } catch (cause) {
    return fail(
      `zip entry '${name}' does not inflate to its ${size} bytes: ${(cause as Error).message}`,
      cause,
    )
  }
}
