import type { CheckpointDType } from '../element-type'
import type { AllowedGlobal } from './allowed-globals'

/** A storage that a pickle refers to; its bytes lie elsewhere in the file. */
export class StorageRef {
  constructor(
    readonly key: string,
    readonly dtype: CheckpointDType,
    /** First element inside the file's storage (non-zero for old views). */
    readonly start: number,
    /** Elements. */
    readonly length: number,
  ) {}
}

/** A tensor that a pickle describes: a strided window on a storage, proven to lie inside it. */
export class TensorRef {
  constructor(
    readonly storage: StorageRef,
    /** First element inside the storage. */
    readonly offset: number,
    readonly shape: readonly number[],
    /** Elements between neighbours, per dimension. */
    readonly strides: readonly number[],
  ) {}
}

/** An `argparse.Namespace`, as the dict of its attributes. */
export class NamespaceDict extends Map<PickleValue, PickleValue> {}

/** Something that is let through without being looked into: a numpy scalar, a device, a dtype. */
export class Inert {
  constructor(readonly what: string) {}
}

/** A name of the allow-list, not yet called. */
export class GlobalRef {
  constructor(
    readonly name: string,
    readonly rule: AllowedGlobal,
  ) {}
}

/** Everything that a pickle may hold here. Lists and tuples are arrays, dicts are Maps. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | StorageRef
  | TensorRef
  | GlobalRef
  | Inert

/** Names a value's kind in messages. */
export function describe(value: PickleValue | undefined): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'None'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (value instanceof Map) return 'a dict'
  if (value instanceof Uint8Array) return 'bytes'
  if (value instanceof StorageRef) return `a ${value.dtype} storage`
  if (value instanceof TensorRef) return 'a tensor'
  if (value instanceof GlobalRef) return value.name
  if (value instanceof Inert) return value.what
  return typeof value === 'string' ? `'${value.slice(0, 60)}'` : String(value)
}
