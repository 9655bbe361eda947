import type { PredictOptions } from '@univ/heads'
import type { Modality, Normalisation } from '@univ/mvip'
import { checkField, type FieldCheck, isRecord, parseFields } from '../card-field'
import type { SceneReading } from './evaluate-scenes'

/** What a segmenter must be told to answer as it was trained; stored beside its head. */
export interface SegmentCard {
  /** Names of the classes. */
  readonly classes: readonly string[]
  /** Stored ids that do not count. */
  readonly ignore: readonly number[]
  /** Stored id → class. */
  readonly remap?: Readonly<Record<string, number>>
  /** What it was trained on. */
  readonly modalities: readonly Modality[]
  readonly fit: readonly [long: number, short: number] | null
  /** Side of the windows, and pixels between them; null: the whole image at once. */
  readonly window: number | null
  readonly step: number | null
  /** Mean and deviation of infrared pixels in 0-255; null: those of pre-training. */
  readonly irNormalisation: { readonly mean: number; readonly std: number } | null
}

/** Name of the card among a file's metadata. */
const key = 'univ_segmentation'

export const writeCard = (card: SegmentCard): Readonly<Record<string, string>> => ({
  [key]: JSON.stringify(card),
})

/**
 * The card in a file's metadata, if it has one.
 * @throws Error naming a field that cannot be: files come from anywhere.
 */
export function readCard(metadata: Readonly<Record<string, string>>): SegmentCard | undefined {
  const text = metadata[key]
  if (text === undefined) return undefined
  const fields = parseFields(text)
  for (const [name, { right, wanted }] of Object.entries(checks))
    checkField(key, name, fields[name], right(fields[name]), wanted)
  return fields as unknown as SegmentCard
}

/** How a segmenter with this card reads and answers scenes. */
export function cardReading(card: SegmentCard, options: PredictOptions = {}): SceneReading {
  const { classes, ignore, remap, fit, window, step } = card
  return {
    rule: { classes: classes.length, ignore, remap },
    normalisation: cardNormalisation(card),
    fit,
    predict: { window: window ?? undefined, step: step ?? undefined, ...options },
  }
}

/** Mean and deviation for pixels in [0, 1] on three channels. */
export function cardNormalisation({ irNormalisation }: Pick<SegmentCard, 'irNormalisation'>): {
  readonly ir?: Normalisation
} {
  if (!irNormalisation) return {}
  const three = (value: number) => [value, value, value].map((item) => item / 255)
  return { ir: { mean: three(irNormalisation.mean), std: three(irNormalisation.std) } }
}

const isId = (value: unknown) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255
const isSide = (value: unknown) => Number.isInteger(value) && (value as number) > 0
const listOf = (right: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every(right)
const orNull = (right: (value: unknown) => boolean) => (value: unknown) => value === null || right(value)

const side: FieldCheck = { right: orNull(isSide), wanted: 'null or a whole number of pixels' }

const checks: Readonly<Record<keyof SegmentCard, FieldCheck>> = {
  classes: {
    right: (value) => listOf((name) => typeof name === 'string')(value) && (value as unknown[]).length > 0,
    wanted: 'names',
  },
  ignore: { right: listOf(isId), wanted: 'ids from 0 to 255' },
  remap: {
    right: (value) => value === undefined || (isRecord(value) && Object.values(value).every(isId)),
    wanted: 'a class from 0 to 255 for each id, or nothing',
  },
  modalities: {
    right: (value) =>
      listOf((name) => name === 'rgb' || name === 'ir')(value) && (value as unknown[]).length > 0,
    wanted: 'rgb, ir or both',
  },
  fit: {
    right: orNull((value) => listOf(isSide)(value) && (value as unknown[]).length === 2),
    wanted: 'null or two sides in pixels',
  },
  window: side,
  step: side,
  irNormalisation: {
    right: orNull(
      (value) =>
        isRecord(value) &&
        Number.isFinite(value.mean) &&
        Number.isFinite(value.std) &&
        (value.std as number) > 0,
    ),
    wanted: 'null or { mean, std }, numbers, the second above 0',
  },
}
