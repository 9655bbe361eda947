/** Pieces of pickles made by hand, so that tests can write files that no honest program writes. */
const encoder = new TextEncoder()

/** Joins bytes, numbers (one byte each) and nested pieces. */
export function join(...pieces: (number | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(pieces.flatMap((piece) => (typeof piece === 'number' ? [piece] : [...piece])))
}

export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}

export function u64(value: number | bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true)
  return bytes
}

/** A whole pickle of protocol 2 around the opcodes of one value. */
export function pickle(...value: (number | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  return join(0x80, 2, ...value, 0x2e)
}

export function text(value: string): Uint8Array {
  const bytes = encoder.encode(value)
  return join(0x58, u32(bytes.length), bytes)
}

/** `LONG1` of eight bytes. */
export function integer(value: number | bigint): Uint8Array {
  return join(0x8a, 8, u64(BigInt.asUintN(64, BigInt(value))))
}

export function tuple(...items: Uint8Array[]): Uint8Array {
  return join(0x28, ...items, 0x74)
}

export function list(...items: Uint8Array[]): Uint8Array {
  return join(0x5d, 0x28, ...items, 0x65)
}

export function dict(...entries: (readonly [key: string | Uint8Array, value: Uint8Array])[]): Uint8Array {
  const items = entries.flatMap(([key, value]) => [typeof key === 'string' ? text(key) : key, value])
  return join(0x7d, 0x28, ...items, 0x75)
}

export function global(module: string, name: string): Uint8Array {
  return join(0x63, encoder.encode(`${module}\n${name}\n`))
}

export function call(target: Uint8Array, ...args: Uint8Array[]): Uint8Array {
  return join(target, tuple(...args), 0x52)
}

export const none = join(0x4e)
export const no = join(0x89)
export const yes = join(0x88)

/** One tensor on one storage; `storage` names torch's class without `Storage`. */
export interface HandMadeTensor {
  readonly storage: string
  readonly key: string
  readonly length: number | bigint
  readonly offset?: number
  readonly shape: readonly (number | bigint)[]
  readonly strides: readonly number[]
  /** `(key, offset, elements)`: makes the id a legacy one. */
  readonly view?: Uint8Array
}

export function storageId({ storage, key, length, view }: HandMadeTensor): Uint8Array {
  const id = [text('storage'), global('torch', `${storage}Storage`), text(key), text('cpu'), integer(length)]
  return join(tuple(...id, ...(view ? [view] : [])), 0x51)
}

export function tensor(made: HandMadeTensor): Uint8Array {
  return call(
    global('torch._utils', '_rebuild_tensor_v2'),
    storageId(made),
    integer(made.offset ?? 0),
    tuple(...made.shape.map(integer)),
    tuple(...made.strides.map(integer)),
    no,
    call(global('collections', 'OrderedDict')),
  )
}
