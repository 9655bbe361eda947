import type { Fail } from '../checkpoint-error'
import { maxDepth, maxNameLength, maxVisits } from '../limits'
import { describe, type PickleValue, TensorRef } from './pickle-value'

/** The contents of a pickle by dotted name. */
export interface NamedTensors {
  readonly tensors: ReadonlyMap<string, TensorRef>
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * Walks nested dicts and lists: tensors get dotted names (`model.blocks1.0.norm1.weight`); numbers, flags and
 * strings of dicts become metadata. A file that is one bare tensor names it `tensor`.
 */
export function nameTensors(root: PickleValue, fail: Fail): NamedTensors {
  const tensors = new Map<string, TensorRef>()
  const metadata = new Map<string, string>()
  let visits = 0

  function visit(value: PickleValue, path: string, depth: number, inDict: boolean): void {
    if (++visits > maxVisits) fail(undefined, `holds more than ${maxVisits} values`)
    if (depth > maxDepth) fail(undefined, `nests deeper than ${maxDepth} at '${path.slice(0, 80)}…'`)
    if (value instanceof TensorRef) {
      const name = path || 'tensor'
      if (tensors.has(name)) fail(undefined, `names two tensors '${name}'`)
      tensors.set(name, value)
    } else if (value instanceof Map) {
      for (const [key, item] of value) visit(item, join(path, keyText(key, path)), depth + 1, true)
    } else if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) visit(item, join(path, String(index)), depth + 1, false)
    } else if (inDict && isPlain(value)) {
      metadata.set(path, String(value))
    }
  }

  function keyText(key: PickleValue, path: string): string {
    if (isPlain(key)) return String(key)
    return fail(undefined, `the dict at '${path}' has ${describe(key)} as a key; text or numbers wanted`)
  }

  function join(path: string, key: string): string {
    const name = path === '' ? key : `${path}.${key}`
    if (name.length > maxNameLength)
      fail(undefined, `a name longer than ${maxNameLength}: '${name.slice(0, 80)}…'`)
    return name
  }

  visit(root, '', 0, false)
  return { tensors, metadata: Object.fromEntries(metadata) }
}

function isPlain(value: PickleValue): value is string | number | boolean | bigint {
  return ['string', 'number', 'boolean', 'bigint'].includes(typeof value)
}
