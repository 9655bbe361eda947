import type { WindowOptions } from '@univ/backbone'
import { type DetectorConfig, detectorVariants } from '@univ/heads'
import type { Modality } from '@univ/mvip'
import { checkField, type FieldCheck, isRecord, parseFields } from '../card-field'

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
  const fields = parseFields(text)
  const { classes, modalities, size, window } = fields
  const check = (name: string, value: unknown, right: boolean, wanted: string) =>
    checkField(key, name, value, right, wanted)
  const areNames = isListOf(classes, (name) => typeof name === 'string' && name !== '')
  check('classes', classes, areNames, 'names')
  const areModalities = isListOf(modalities, (name) => name === 'rgb' || name === 'ir')
  check('modalities', modalities, areModalities, 'rgb, ir or both')
  check('size', size, isListOf(size, isCount) && size.length === 2, `two sides, each ${count.wanted}`)
  check('window', window, window === null || isWindow(window), `null or { size, global: numbers of blocks }`)
  const detector = isRecord(fields.detector) ? fields.detector : {}
  for (const [name, { right, wanted }] of Object.entries(checks))
    check(`detector.${name}`, detector[name], right(detector[name]), wanted)
  const named = (classes as unknown[]).length
  check('detector.classes', detector.classes, detector.classes === named, `${named}, the number of classes`)
  return fields as unknown as DetectorCard
}

const isListOf = (value: unknown, right: (item: unknown) => boolean): value is unknown[] =>
  Array.isArray(value) && value.length > 0 && value.every(right)
const isWindow = (value: unknown) =>
  isRecord(value) &&
  isCount(value.size) &&
  Array.isArray(value.global) &&
  value.global.every(Number.isInteger)
/** Far above anything sensible: what a file may make us allocate. */
const most = 2 ** 16
const isCount = (value: unknown) =>
  Number.isInteger(value) && (value as number) > 0 && (value as number) <= most
const isShare = (value: unknown) => Number.isFinite(value) && (value as number) >= 0 && (value as number) <= 1

const count: FieldCheck = { right: isCount, wanted: `a whole number from 1 to ${most}` }
const share: FieldCheck = { right: isShare, wanted: 'a share from 0 to 1' }
const numbers: FieldCheck = {
  right: (value) => isListOf(value, (item) => Number.isFinite(item) && (item as number) > 0),
  wanted: 'numbers above 0',
}

/** A check for every field of a detector, by the kind of its published value. */
const checks: Readonly<Record<string, FieldCheck>> = {
  ...Object.fromEntries(
    Object.entries(detectorVariants.base).map(([name, value]) => [
      name,
      typeof value !== 'number' ? numbers : value < 1 ? share : count,
    ]),
  ),
  classes: count,
  anchorSizes: {
    right: (value) => isListOf(value, isCount) && value.length === 5,
    wanted: `five sides, each ${count.wanted}`,
  },
  maskConvs: { right: (value) => value === null || isCount(value), wanted: `null or ${count.wanted}` },
}
