import { writeAtomic } from './atomic-write'
import { CheckpointError } from './checkpoint-error'
import { elementTypes } from './element-type'
import { countElements, isCount } from './shape'

/** Element types that we write, with safetensors' names. */
const writtenTypes = { float32: 'F32', int32: 'I32', int64: 'I64', uint8: 'U8', bool: 'BOOL' } as const

/** One array to write, row-major. `int64` takes an `Int32Array` too and widens it. */
export interface WritableTensor {
  readonly shape: readonly number[]
  readonly dtype: keyof typeof writtenTypes
  readonly data: Float32Array | Int32Array | BigInt64Array | Uint8Array
}

/**
 * A safetensors file as bytes.
 * @param metadata strings under `__metadata__`
 * @throws CheckpointError when a tensor's shape, dtype and data disagree
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, WritableTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const pieces = safetensorsPieces('(bytes)', tensors, metadata)
  const out = new Uint8Array(pieces.reduce((total, piece) => total + piece.byteLength, 0))
  let at = 0
  for (const piece of pieces) {
    out.set(piece, at)
    at += piece.byteLength
  }
  return out
}

/**
 * Writes a safetensors file atomically, without a second copy of the weights in memory.
 * @throws CheckpointError when a tensor disagrees with itself or the file cannot be written
 */
export async function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, WritableTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeAtomic(path, safetensorsPieces(path, tensors, metadata))
}

function safetensorsPieces(
  file: string,
  tensors: Readonly<Record<string, WritableTensor>>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array[] {
  // Wide elements first, so that every tensor starts at a multiple of its element size.
  const order = Object.entries(tensors)
    .map(([name, tensor]) => ({ name, tensor, bytes: tensorBytes(file, name, tensor) }))
    .sort((a, b) => elementTypes[b.tensor.dtype].bytes - elementTypes[a.tensor.dtype].bytes)
  let at = 0
  const header: [string, unknown][] = []
  if (Object.keys(metadata).length > 0) header.push(['__metadata__', metadata])
  for (const { name, tensor, bytes } of order) {
    const place = {
      dtype: writtenTypes[tensor.dtype],
      shape: tensor.shape,
      data_offsets: [at, at + bytes.byteLength],
    }
    header.push([name, place])
    at += bytes.byteLength
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)))
  const head = new Uint8Array(8 + Math.ceil(json.byteLength / 8) * 8).fill(0x20)
  new DataView(head.buffer).setBigUint64(0, BigInt(head.byteLength - 8), true)
  head.set(json, 8)
  return [head, ...order.map(({ bytes }) => bytes)]
}

function tensorBytes(file: string, name: string, { shape, dtype, data }: WritableTensor): Uint8Array {
  const refuse = (problem: string): never => {
    throw new CheckpointError(file, undefined, `tensor '${name}': ${problem}`)
  }
  if (name === '__metadata__') refuse('the name is reserved by the format')
  if (!Object.hasOwn(writtenTypes, dtype)) {
    refuse(`dtype ${dtype} is not written; known: ${Object.keys(writtenTypes).join(', ')}`)
  }
  if (!shape.every(isCount) || countElements(shape) !== data.length) {
    refuse(`shape [${shape}] has ${countElements(shape)} elements, the data ${data.length}`)
  }
  const stored = dtype === 'int64' && data instanceof Int32Array ? BigInt64Array.from(data, BigInt) : data
  if (!(stored instanceof arrayOf[dtype])) {
    refuse(`${dtype} wants ${arrayOf[dtype].name}, not ${data.constructor.name}`)
  }
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength)
}

const arrayOf = {
  float32: Float32Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const
