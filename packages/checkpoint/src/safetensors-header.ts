import type { ByteSource } from './byte-source'
import { failIn } from './checkpoint-error'
import { type CheckpointDType, elementTypes } from './element-type'
import { maxHeaderBytes, maxRank } from './limits'
import { countElements, isCount } from './shape'

/** safetensors' names of element types. */
const safetensorsTypes = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U64: 'uint64',
  U32: 'uint32',
  U16: 'uint16',
  U8: 'uint8',
  BOOL: 'bool',
} as const satisfies Record<string, CheckpointDType>

/** Where one tensor lies. */
interface SafetensorsEntry {
  readonly name: string
  readonly dtype: CheckpointDType
  readonly shape: readonly number[]
  /** First byte, from the start of the file. */
  readonly offset: number
  /** Bytes. */
  readonly length: number
}

/** The checked header of a safetensors file. */
export interface SafetensorsHeader {
  readonly entries: readonly SafetensorsEntry[]
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * Reads and checks the header: 8 bytes of length, JSON, then the data, which the tensors must cover exactly,
 * without holes or overlaps (format: huggingface/safetensors README).
 * @throws CheckpointError
 */
export async function readSafetensorsHeader(source: ByteSource): Promise<SafetensorsHeader> {
  const fail = failIn(source.file)
  const prefix = await source.read(0, 8)
  const declared = new DataView(prefix.buffer).getBigUint64(0, true)
  if (declared > BigInt(Math.min(maxHeaderBytes, source.size - 8))) {
    fail(0, `a header of ${declared} bytes does not fit a file of ${source.size} (limit ${maxHeaderBytes})`)
  }
  const start = 8 + Number(declared)
  const header = parseJson(await source.read(8, Number(declared)), fail)
  let metadata: Record<string, string> = {}
  const entries: SafetensorsEntry[] = []
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') metadata = checkMetadata(value, fail)
    else entries.push(checkEntry(name, value, start, fail))
  }
  checkCover(entries, start, source.size, fail)
  return { entries, metadata }
}

type Fail = ReturnType<typeof failIn>
type Json = Readonly<Record<string, unknown>>

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseJson(bytes: Uint8Array, fail: Fail): Json {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (isRecord(value)) return value
  } catch (cause) {
    fail(8, `the header is not JSON: ${(cause as Error).message}`, cause)
  }
  return fail(8, 'the header is not a JSON object')
}

function checkMetadata(value: unknown, fail: Fail): Record<string, string> {
  if (!isRecord(value)) return fail(8, '__metadata__ is not an object')
  const pairs = Object.entries(value).map(([key, text]): [string, string] =>
    typeof text === 'string' ? [key, text] : fail(8, `__metadata__ '${key}' is not a string`),
  )
  return Object.fromEntries(pairs)
}

function checkEntry(name: string, value: unknown, start: number, fail: Fail): SafetensorsEntry {
  if (!isRecord(value)) return fail(8, `tensor '${name}' is not described by an object`)
  const { dtype: code, shape, data_offsets: offsets } = value
  if (typeof code !== 'string' || !Object.hasOwn(safetensorsTypes, code)) {
    return fail(
      8,
      `tensor '${name}' has dtype ${JSON.stringify(code)}; known: ${Object.keys(safetensorsTypes).join(', ')}`,
    )
  }
  if (!Array.isArray(shape) || !shape.every(isCount) || shape.length > maxRank) {
    return fail(8, `tensor '${name}' has shape ${JSON.stringify(shape)?.slice(0, 80)}; whole numbers wanted`)
  }
  const [begin, end] = Array.isArray(offsets) && offsets.length === 2 ? offsets : []
  if (!isCount(begin) || !isCount(end) || end < begin) {
    return fail(
      8,
      `tensor '${name}' has data_offsets ${JSON.stringify(offsets)?.slice(0, 80)}; [begin, end] wanted`,
    )
  }
  const dtype = safetensorsTypes[code as keyof typeof safetensorsTypes]
  const wanted = countElements(shape) * elementTypes[dtype].bytes
  if (wanted !== end - begin) {
    fail(
      8,
      `tensor '${name}' of ${dtype} [${shape}] needs ${wanted} bytes, its data_offsets span ${end - begin}`,
    )
  }
  return { name, dtype, shape, offset: start + begin, length: end - begin }
}

function checkCover(entries: readonly SafetensorsEntry[], start: number, size: number, fail: Fail): void {
  let covered = start
  for (const entry of [...entries].sort((a, b) => a.offset - b.offset || a.length - b.length)) {
    if (entry.offset !== covered) {
      fail(entry.offset, `tensor '${entry.name}' starts here, but the one before ends at byte ${covered}`)
    }
    covered += entry.length
  }
  if (covered !== size) fail(covered, `the tensors end here, but the file has ${size} bytes`)
}
