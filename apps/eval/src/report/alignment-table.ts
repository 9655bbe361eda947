import type { Alignment, AlignmentScores } from '../alignment'

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`
const plain = (value: number): string => value.toFixed(3)

type Line = readonly [name: string, pick: (scores: AlignmentScores) => string]

const lines: readonly Line[] = [
  ['retrieval IR → RGB, top 1', (s) => percent(s.retrieval.irToRgb.top1)],
  ['retrieval IR → RGB, within one patch', (s) => percent(s.retrieval.irToRgb.within1)],
  ['retrieval RGB → IR, top 1', (s) => percent(s.retrieval.rgbToIr.top1)],
  ['shifted views, IR → RGB, top 1', (s) => percent(s.shiftedRetrieval.irToRgb.top1)],
  ['shifted views, IR → RGB, within one patch', (s) => percent(s.shiftedRetrieval.irToRgb.within1)],
  ['shifted views, RGB → IR, top 1', (s) => percent(s.shiftedRetrieval.rgbToIr.top1)],
  ['probe fitted on RGB, tested on RGB', (s) => percent(s.probe.rgb)],
  ['probe fitted on RGB, tested on IR', (s) => percent(s.probe.ir)],
  ['most frequent class (guessing)', (s) => percent(s.probe.majority)],
  ['linear CKA', (s) => plain(s.cka)],
  ['cosine of aligned patches', (s) => plain(s.cosine)],
  ['separability RGB', (s) => plain(s.separability.rgb)],
  ['separability IR', (s) => plain(s.separability.ir)],
]

/** Head and rows of the comparison: before (teacher) and after, where a teacher was given. */
export function alignmentTable({ student, teacher }: Alignment): {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
} {
  const columns = teacher ? [teacher, student] : [student]
  const times = Object.keys(student.probe.byTime)
    .sort()
    .map((time): Line => [`probe on IR, ${time}`, (s) => percent(s.probe.byTime[time]?.ir ?? 0)])
  return {
    head: ['measure', ...(teacher ? ['before (teacher)', 'after'] : ['encoder'])],
    rows: [...lines, ...times].map(([name, pick]) => [name, ...columns.map(pick)]),
  }
}
