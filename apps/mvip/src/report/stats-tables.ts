import { counted } from '@univ/command-line'
import type { DatasetStats } from '@univ/mvip'
import type { Table } from '@univ/report'

const whole = (value: number): string => value.toLocaleString('en-GB')
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1)
const fixed = (values: readonly number[]): string => values.map((value) => value.toFixed(4)).join(' ')

/** Pairs, sequences, splits and hours of every source and of all. */
export function sourceTable({ sources }: DatasetStats): Table {
  const head = ['source', 'pairs', 'sequences', 'train', 'val', 'test', 'day', 'night', 'misaligned', 'MB']
  const columns = ['pairs', 'sequences', 'train', 'val', 'test', 'day', 'night', 'misaligned'] as const
  const rows = sources.map((source) => [
    source.source,
    ...columns.map((column) => whole(source[column])),
    megabytes(source.bytes),
  ])
  const sum = (column: (typeof columns)[number] | 'bytes') =>
    sources.reduce((total, s) => total + s[column], 0)
  return {
    head,
    rows: [...rows, ['all', ...columns.map((column) => whole(sum(column))), megabytes(sum('bytes'))]],
  }
}

/** A sentence on hours that nobody told; undefined: all were told. */
export const guessNote = ({ guessedHours }: DatasetStats): string | undefined =>
  guessedHours.length === 0
    ? undefined
    : `Hours of ${guessedHours.join(', ')} are guessed by brightness; lit streets at night pass for day.`

/** Means and deviations of the pixels. */
export function constantsTable({ constants }: DatasetStats): Table {
  const rows = (['rgb', 'ir'] as const).flatMap((modality) => {
    const found = constants[modality]
    return found ? [[modality === 'rgb' ? 'visible' : 'infrared', fixed(found.mean), fixed(found.std)]] : []
  })
  return { head: ['pixels in [0, 1]', 'mean', 'std'], rows }
}

/** Sizes in lines of their own; the rarer ones share one. */
const listedSizes = 12

/** Images by size, the most frequent first. */
export function sizeTable({ sizes }: Pick<DatasetStats, 'sizes'>): Table {
  const rows = sizes.slice(0, listedSizes).map(({ size, images }) => [size, whole(images)])
  const others = sizes.slice(listedSizes)
  const rest = others.reduce((sum, { images }) => sum + images, 0)
  const name = `${counted(others.length, 'other size')}`
  return {
    head: ['visible image', 'images'],
    rows: others.length === 0 ? rows : [...rows, [name, whole(rest)]],
  }
}

/** The infrared constants as a line of a segmentation run's configuration; undefined: no infrared, or one without contrast. */
export function irSetting({ irNormalisation }: DatasetStats): string | undefined {
  if (!irNormalisation || irNormalisation.std === 0) return undefined
  const { mean, std } = irNormalisation
  return `irNormalisation: { mean: ${mean}, std: ${std} }`
}

export function offsetTable({ offsets, unsure }: DatasetStats): Table {
  const last = offsets.length - 1
  const rows = offsets.map((pairs, i) => [
    i === last ? `${i} px and more` : `${i} to ${i + 1} px`,
    whole(pairs),
  ])
  return { head: ['offset', 'pairs'], rows: [...rows, ['unsure', whole(unsure)]] }
}
