import { type ByteSource, openSource } from './byte-source'
import type { Checkpoint, LoadOptions } from './checkpoint'
import { CheckpointError } from './checkpoint-error'
import { loadSafetensors } from './safetensors'
import { legacyStart, loadTorchLegacy } from './torch/legacy-checkpoint'
import { loadTorchZip } from './torch/zip-checkpoint'

/**
 * Reads a checkpoint: safetensors, torch's zip format or torch's older pickle format, told apart by their first
 * bytes. Nothing in the file is executed: pickles are interpreted as data, and every name or opcode outside a
 * small allow-list is refused.
 * @param input a path, or the file's bytes (copied, never kept)
 * @throws CheckpointError naming file and byte when it is truncated, corrupt, oversized, or not a checkpoint
 */
export async function loadCheckpoint(
  input: string | Uint8Array,
  options: LoadOptions = {},
): Promise<Checkpoint> {
  const source = await openSource(input)
  try {
    return await (await chooseLoader(source))(source, options)
  } catch (cause) {
    if (cause instanceof RangeError) {
      throw new CheckpointError(source.file, undefined, `does not fit in memory: ${cause.message}`, { cause })
    }
    throw cause
  } finally {
    await source.close()
  }
}

type Loader = (source: ByteSource, options: LoadOptions) => Promise<Checkpoint>

async function chooseLoader(source: ByteSource): Promise<Loader> {
  const start = await source.read(0, Math.min(16, source.size))
  if (startsWith(start, [0x50, 0x4b, 0x03, 0x04])) return loadTorchZip
  if (startsWith(start, legacyStart)) return loadTorchLegacy
  if (start[8] === 0x7b) return loadSafetensors
  const seen = [...start.subarray(0, 9)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
  const hint = start[0] === 0x80 ? ': a pickle, but not one that torch.save wrote' : ''
  throw new CheckpointError(
    source.file,
    0,
    `neither safetensors nor a torch file (starts with ${seen || 'nothing'})${hint}`,
  )
}

function startsWith(bytes: Uint8Array, prefix: ArrayLike<number>): boolean {
  return bytes.length >= prefix.length && Array.from(prefix).every((byte, i) => bytes[i] === byte)
}
