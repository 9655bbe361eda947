import { type FileHandle, open, stat } from 'node:fs/promises'
import { CheckpointError } from './checkpoint-error'

/** Random access to a checkpoint's bytes, wherever they are. */
export interface ByteSource {
  /** Name for messages. */
  readonly file: string
  /** Bytes in all. */
  readonly size: number
  /**
   * Copies `length` bytes into memory of their own (so typed arrays may be laid over them).
   * @throws CheckpointError before allocating when the file does not hold them
   */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>
  close(): Promise<void>
}

/** Opens a file, or wraps bytes already in memory. */
export async function openSource(input: string | Uint8Array): Promise<ByteSource> {
  if (typeof input === 'string') return openFile(input)
  // Programs in JavaScript give URLs and ArrayBuffers, whose sizes are not where they are looked for.
  if (input instanceof Uint8Array) return wrapBytes(input)
  throw new CheckpointError('(input)', undefined, 'a path or a Uint8Array is wanted')
}

function wrapBytes(bytes: Uint8Array): ByteSource {
  const file = '(bytes)'
  return {
    file,
    size: bytes.byteLength,
    async read(offset, length) {
      checkRange(file, bytes.byteLength, offset, length)
      const copy = new Uint8Array(length)
      copy.set(bytes.subarray(offset, offset + length))
      return copy
    },
    async close() {},
  }
}

async function openFile(file: string): Promise<ByteSource> {
  // A pipe or a device would have no size, or no end; opening a pipe waits for its writer.
  const found = await asCheckpointError(file, 'opened', () => stat(file))
  if (!found.isFile()) throw new CheckpointError(file, undefined, 'is not a regular file')
  const handle = await asCheckpointError(file, 'opened', () => open(file, 'r'))
  const { size } = await asCheckpointError(file, 'read', () => handle.stat())
  return {
    file,
    size,
    async read(offset, length) {
      checkRange(file, size, offset, length)
      return asCheckpointError(file, 'read', () => readFully(handle, file, offset, length))
    },
    close: () => handle.close(),
  }
}

/** A single read of Node stops at 2 GiB. */
const chunkBytes = 2 ** 30

async function readFully(handle: FileHandle, file: string, offset: number, length: number) {
  const bytes = new Uint8Array(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(length - done, chunkBytes), offset + done)
    if (bytesRead === 0) throw new CheckpointError(file, offset + done, 'the file became shorter while read')
    done += bytesRead
  }
  return bytes
}

function checkRange(file: string, size: number, offset: number, length: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= size) return
  throw new CheckpointError(file, offset, `${length} bytes wanted, but the file ends at byte ${size}`)
}

/** The system's own words name the file again. */
async function asCheckpointError<T>(
  file: string,
  done: 'opened' | 'read',
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action()
  } catch (cause) {
    if (cause instanceof CheckpointError) throw cause
    const { code, message } = cause as NodeJS.ErrnoException
    throw new CheckpointError(file, undefined, `cannot be ${done} (${code ?? message})`, { cause })
  }
}
