import type { WindowOptions } from '@univ/backbone'
import { type DetectorConfig, detectorVariants } from '@univ/heads'
import type { Modality } from '@univ/mvip'

/** What a detector must be told to answer as it was trained; stored beside its weights. */
export interface DetectorCard {
  readonly detector: DetectorConfig
  /** Names of the classes. */
  readonly classes: readonly string[]
  /** What it was trained on. */
  readonly modalities: readonly Modality[]
  /** Canvas that images are fitted into. */
  readonly size: readonly [height: number, width: number]
  /** Windows of the encoder's attention; null: it looks everywhere. */
  readonly window: WindowOptions | null
}

/** Name of the card among a file's metadata. */
const key = 'univ_detection'

export const writeDetectorCard = (card: DetectorCard): Readonly<Record<string, string>> => ({
  [key]: JSON.stringify(card),
})

/**
 * The card in a file's metadata, if it has one.
 * @throws Error naming a field that cannot be: files come from anywhere.
 */
export function readDetectorCard(metadata: Readonly<Record<string, string>>): DetectorCard | undefined {
  const text = metadata[key]
  if (text === undefined) return undefined
  const fields = parsed(text)
  const { classes, modalities, size, window } = fields
  const refuse = (name: string, value: unknown): never => {
    throw new Error(`${key}: ${name} is ${JSON.stringify(value)?.slice(0, 80)}`)
  }
  if (!isListOf(classes, (name) => typeof name === 'string' && name !== '')) refuse('classes', classes)
  if (!isListOf(modalities, (name) => name === 'rgb' || name === 'ir')) refuse('modalities', modalities)
  if (!isListOf(size, isCount) || size.length !== 2) refuse('size', size)
  if (window !== null && !isWindow(window)) refuse('window', window)
  const detector = isRecord(fields.detector) ? fields.detector : {}
  for (const [name, right] of Object.entries(checks))
    if (!right(detector[name])) refuse(`detector.${name}`, detector[name])
  if (detector.classes !== (classes as unknown[]).length) refuse('detector.classes', detector.classes)
  return fields as unknown as DetectorCard
}

type Fields = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isListOf = (value: unknown, right: (item: unknown) => boolean): value is unknown[] =>
  Array.isArray(value) && value.length > 0 && value.every(right)
const isWindow = (value: unknown) =>
  isRecord(value) &&
  isCount(value.size) &&
  Array.isArray(value.global) &&
  value.global.every(Number.isInteger)
/** Far above anything sensible: what a file may make us allocate. */
const isCount = (value: unknown) =>
  Number.isInteger(value) && (value as number) > 0 && (value as number) <= 2 ** 16
const isShare = (value: unknown) => Number.isFinite(value) && (value as number) >= 0 && (value as number) <= 1

function parsed(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}

/** A check for every field of a detector, by the kind of its published value. */
const checks: Readonly<Record<string, (value: unknown) => boolean>> = {
  ...Object.fromEntries(
    Object.entries(detectorVariants.base).map(([name, value]) => [
      name,
      typeof value === 'number'
        ? value < 1
          ? isShare
          : isCount
        : (given: unknown) => isListOf(given, (item) => Number.isFinite(item) && (item as number) > 0),
    ]),
  ),
  classes: isCount,
  anchorSizes: (value) => isListOf(value, isCount) && value.length === 5,
  maskConvs: (value) => value === null || isCount(value),
}
