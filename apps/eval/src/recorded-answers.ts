import type { Confusion, RunLengths } from '@univ/heads'
import type { FoundObject } from '@univ/train'

// Answers as journals hold them. What is read back is checked: the file may be anybody's.

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
const areNumbers = (value: unknown): value is number[] => Array.isArray(value) && value.every(Number.isFinite)
const isSize = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0

/** Places that are not zero, each before its count: most pairs of classes are never confused. */
export const recordedConfusion = ({ counts }: Confusion): number[] =>
  [...counts].flatMap((count, i) => (count === 0 ? [] : [i, count]))

export function readConfusion(value: unknown, classes: number): Confusion | undefined {
  if (!areNumbers(value) || value.length % 2 === 1) return undefined
  const counts = new Float64Array(classes * classes)
  for (let i = 0; i < value.length; i += 2) {
    if (!Number.isInteger(value[i]) || !(value[i]! >= 0 && value[i]! < counts.length)) return undefined
    counts[value[i]!] = value[i + 1]!
  }
  return { classes, counts }
}

export function readObjects(value: unknown, classes: number): readonly FoundObject[] | undefined {
  return Array.isArray(value) && value.every((object) => isObject(object, classes)) ? value : undefined
}

function isObject(value: unknown, classes: number): value is FoundObject {
  if (!isRecord(value)) return false
  const { category, box, score, area, mask } = value
  return (
    isSize(category) &&
    category <= classes &&
    areNumbers(box) &&
    box.length === 4 &&
    areNumbers([score, area]) &&
    (mask === undefined || isMask(mask))
  )
}

function isMask(value: unknown): value is RunLengths {
  if (!isRecord(value)) return false
  const { height, width, counts } = value
  if (!isSize(height) || !isSize(width) || !areNumbers(counts)) return false
  return counts.reduce((sum, count) => sum + count, 0) === height * width
}

/** Base64 of the little-endian numbers. */
export const recordedFloats = ({ buffer, byteOffset, byteLength }: Float32Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64')

/** @param length Numbers that are wanted. */
export function readFloats(value: unknown, length: number): Float32Array | undefined {
  if (typeof value !== 'string') return undefined
  const bytes = Buffer.from(value, 'base64')
  if (bytes.length !== 4 * length) return undefined
  return new Float32Array(Uint8Array.from(bytes).buffer)
}
