import { type ByteSource, openSource } from './byte-source'
import type { Checkpoint, CheckpointTensor, LoadOptions } from './checkpoint'
import { failIn } from './checkpoint-error'
import { elementTypes } from './element-type'
import { readSafetensorsHeader } from './safetensors-header'

/**
 * Reads a safetensors file.
 * @param input a path, or the file's bytes (copied, never kept)
 * @throws CheckpointError naming file and byte
 */
export async function readSafetensors(
  input: string | Uint8Array,
  options: LoadOptions = {},
): Promise<Checkpoint> {
  const source = await openSource(input)
  try {
    return await loadSafetensors(source, options)
  } finally {
    await source.close()
  }
}

/** {@link readSafetensors} on an open source. */
export async function loadSafetensors(source: ByteSource, options: LoadOptions): Promise<Checkpoint> {
  const fail = failIn(source.file)
  const { entries, metadata } = await readSafetensorsHeader(source)
  const tensors = new Map<string, CheckpointTensor>()
  for (const { name, dtype, shape, offset, length } of entries) {
    if (options.only && !options.only(name)) continue
    const bytes = await source.read(offset, length)
    const data = elementTypes[dtype].decode(bytes, (problem) => fail(offset, `tensor '${name}': ${problem}`))
    tensors.set(name, { shape, dtype, data })
  }
  return { format: 'safetensors', tensors, metadata }
}
