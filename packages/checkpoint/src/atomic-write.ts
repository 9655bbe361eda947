import { randomUUID } from 'node:crypto'
import { type FileHandle, open, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CheckpointError } from './checkpoint-error'

/**
 * Writes a file so that readers, and a machine that loses power, see the old content or the new, never a part:
 * a temporary file in the same folder is written, flushed to disk and renamed.
 * @param bytes the content, or its consecutive pieces
 * @throws CheckpointError when it cannot be written; the old file is then untouched and the temporary removed
 */
export async function writeAtomic(path: string, bytes: Uint8Array | Iterable<Uint8Array>): Promise<void> {
  const folder = dirname(path)
  const temporary = join(folder, `.${basename(path)}.${randomUUID()}.tmp`)
  try {
    // `wx`: never write through a link that somebody put there.
    const handle = await open(temporary, 'wx')
    try {
      for (const piece of bytes instanceof Uint8Array ? [bytes] : bytes) await writeFully(handle, piece)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
  } catch (cause) {
    await unlink(temporary).catch(() => {})
    throw new CheckpointError(path, undefined, `cannot write: ${(cause as Error).message}`, { cause })
  }
  await syncFolder(folder)
}

/** Node's single write stops at 2 GiB. */
const chunkBytes = 2 ** 30

async function writeFully(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0
  while (done < bytes.byteLength) {
    const { bytesWritten } = await handle.write(bytes, done, Math.min(bytes.byteLength - done, chunkBytes))
    done += bytesWritten
  }
}

/** Makes the rename itself durable. Windows and some network drives cannot sync folders; the content is safe. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch {
    // Nothing is lost but the order of two disk writes.
  }
}
