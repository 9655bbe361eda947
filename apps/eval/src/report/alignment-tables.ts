import type { Table } from '@univ/report'
import type { Alignment, AlignmentScores } from '../alignment'
import { change, percent, plain, points } from './figures'

type Pick = (scores: AlignmentScores) => number

/** One measure. */
export interface Measure {
  readonly name: string
  readonly pick: Pick
  /** A share, shown in percent. Default true. */
  readonly share?: boolean
  /** What is scored by knowing a patch's place alone. */
  readonly byPlace?: (alignment: Alignment) => number
  /** What guessing scores. */
  readonly chance?: (alignment: Alignment) => number
  /** Stands out: what counts. */
  readonly main?: boolean
}

/** Share of patches that lie at most `reach` from a target, over all targets of the shifted grid. */
function guess({ grid: [rows, columns] }: Alignment, reach: number): number {
  const along = (length: number) => {
    let sum = 0
    for (let at = 0; at < length; at++) sum += Math.min(length - 1, at + reach) - Math.max(0, at - reach) + 1
    return sum / length ** 2
  }
  return along(rows) * along(columns)
}

const top1 = (a: Alignment) => guess(a, 0)
const within1 = (a: Alignment) => guess(a, 1)
const samePlace = () => 1
const missesBy =
  (reach: number) =>
  ({ shift }: Alignment) =>
    Number(Math.max(shift.rows, shift.columns) <= reach)
const majority = (a: Alignment) => a.student.probe.majority
const place = (a: Alignment) => a.student.probe.position

export const measures = {
  probeIr: {
    name: 'probe fitted on RGB, tested on IR',
    pick: (s) => s.probe.ir,
    chance: majority,
    byPlace: place,
    main: true,
  },
  probeRgb: {
    name: 'probe fitted on RGB, tested on RGB',
    pick: (s) => s.probe.rgb,
    chance: majority,
    byPlace: place,
  },
  shiftedIr: {
    name: 'shifted views, IR → RGB, top 1',
    pick: (s) => s.shiftedRetrieval.irToRgb.top1,
    chance: top1,
    byPlace: missesBy(0),
    main: true,
  },
  shiftedIrNear: {
    name: 'shifted views, IR → RGB, within one patch',
    pick: (s) => s.shiftedRetrieval.irToRgb.within1,
    chance: within1,
    byPlace: missesBy(1),
  },
  shiftedRgb: {
    name: 'shifted views, RGB → IR, top 1',
    pick: (s) => s.shiftedRetrieval.rgbToIr.top1,
    chance: top1,
    byPlace: missesBy(0),
  },
  shiftedRgbNear: {
    name: 'shifted views, RGB → IR, within one patch',
    pick: (s) => s.shiftedRetrieval.rgbToIr.within1,
    chance: within1,
    byPlace: missesBy(1),
  },
  plainIr: {
    name: 'retrieval IR → RGB, top 1',
    pick: (s) => s.retrieval.irToRgb.top1,
    chance: top1,
    byPlace: samePlace,
  },
  plainIrNear: {
    name: 'retrieval IR → RGB, within one patch',
    pick: (s) => s.retrieval.irToRgb.within1,
    chance: within1,
    byPlace: samePlace,
  },
  plainRgb: {
    name: 'retrieval RGB → IR, top 1',
    pick: (s) => s.retrieval.rgbToIr.top1,
    chance: top1,
    byPlace: samePlace,
  },
  plainRgbNear: {
    name: 'retrieval RGB → IR, within one patch',
    pick: (s) => s.retrieval.rgbToIr.within1,
    chance: within1,
    byPlace: samePlace,
  },
  cka: { name: 'linear CKA', pick: (s) => s.cka, share: false },
  cosine: { name: 'cosine of aligned patches', pick: (s) => s.cosine, share: false },
  separabilityRgb: { name: 'separability of classes, RGB', pick: (s) => s.separability.rgb, share: false },
  separabilityIr: { name: 'separability of classes, IR', pick: (s) => s.separability.ir, share: false },
} as const satisfies Record<string, Measure>

const all: readonly Measure[] = Object.values(measures)

/** Rows of the main table that stand out. */
export const mainRows: ReadonlySet<number> = new Set(all.flatMap(({ main }, i) => (main ? [i] : [])))

/** All measures; before (teacher), after and the change where a teacher was given. */
export function alignmentTable(alignment: Alignment): Table {
  const { student, teacher } = alignment
  const rows = all.map(({ name, pick, share = true, byPlace, chance }) => {
    const show = share ? percent : plain
    const [after, before] = [pick(student), teacher && pick(teacher)]
    const difference = before === undefined ? [] : [(share ? points : change)(after - before)]
    return [
      name,
      percent(chance?.(alignment)),
      percent(byPlace?.(alignment)),
      ...(before === undefined ? [] : [show(before)]),
      show(after),
      ...difference,
    ]
  })
  const columns = teacher ? ['before (teacher)', 'after', 'change'] : ['encoder']
  return { head: ['measure', 'guessing', 'place alone', ...columns], rows }
}

const timed: readonly Measure[] = [
  measures.probeIr,
  measures.probeRgb,
  measures.shiftedIr,
  measures.shiftedIrNear,
  measures.plainIr,
  measures.cka,
  measures.cosine,
  measures.separabilityIr,
]

/** Day and night apart; nothing where no pair's is known. */
export function timeTable({ student, teacher }: Alignment): Table | undefined {
  const times = (['day', 'night'] as const).filter((time) => student.byTime[time])
  if (times.length === 0) return undefined
  const columns = times.flatMap((time) => {
    const after = student.byTime[time]!
    const before = teacher?.byTime[time]
    const name = `${time} (${after.pairs})`
    return [
      ...(before ? [{ name: `${name}, before`, scores: before }] : []),
      { name: before ? `${time}, after` : name, scores: after },
    ]
  })
  const rows = timed.map(({ name, pick, share = true }) => [
    name,
    ...columns.map(({ scores }) => (share ? percent : plain)(pick(scores))),
  ])
  const guessing = [
    'always the most frequent class',
    ...columns.map(({ scores }) => percent(scores.probe.majority)),
  ]
  return { head: ['measure', ...columns.map(({ name }) => name)], rows: [...rows, guessing] }
}
