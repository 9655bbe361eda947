import type { CheckpointDType, ElementArray } from './element-type'

/** One array of a checkpoint, row-major. */
export interface CheckpointTensor {
  readonly shape: readonly number[]
  /** Element type in the file; floats come as `Float32Array`, integers as `Int32Array`, bool and uint8 as bytes. */
  readonly dtype: CheckpointDType
  readonly data: ElementArray
}

/** What a checkpoint file holds, whatever its format. */
export interface Checkpoint {
  readonly format: 'safetensors' | 'torch-zip' | 'torch-legacy'
  /** By dotted name (`model.blocks1.0.norm1.weight`), in the file's order. No two tensors share memory. */
  readonly tensors: ReadonlyMap<string, CheckpointTensor>
  /** safetensors' `__metadata__`; for torch files the plain numbers, strings and flags (`epoch`, `args.lr`). */
  readonly metadata: Readonly<Record<string, string>>
}

/** How to read a checkpoint. */
export interface LoadOptions {
  /** Which tensors to read, by dotted name; the others' bytes are never read. Default: all. */
  readonly only?: (name: string) => boolean
  /**
   * Compare torch zips' CRC-32 with the data. Default true; files saved under
   * `torch.serialization.set_crc32_options(False)` carry none and need false.
   */
  readonly checksums?: boolean
}
