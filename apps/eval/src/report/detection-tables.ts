import type { Modality } from '@univ/mvip'
import type { Table } from '@univ/report'
import type { DetectionResult, DetectorResult } from '../detection'
import type { CocoScores } from '../score-coco'
import { percent } from './figures'

export const modalityNames: Readonly<Record<Modality, string>> = { rgb: 'visible', ir: 'infrared' }
export const modalitiesOf = ({ scores }: DetectorResult) => Object.keys(scores) as Modality[]

/** COCO writes -1 where there is nothing to find. */
export const figure = (value: number | undefined): string =>
  percent(value === undefined || value < 0 ? undefined : value)

interface Tested {
  readonly name: string
  readonly scores: CocoScores
  readonly maskScores?: CocoScores
}

/** Every detector in every modality. */
const tested = ({ detector, beside }: DetectionResult): readonly Tested[] =>
  [detector, ...(beside ? [beside] : [])].flatMap((result, i) =>
    modalitiesOf(result).map((modality) => ({
      name: `${modalityNames[modality]}${i === 1 ? ', beside' : ''}`,
      scores: result.scores[modality]!,
      maskScores: result.maskScores?.[modality],
    })),
  )

/** AP over all classes, a row for every detector and modality. */
export function detectionTable(result: DetectionResult): Table {
  const tests = tested(result)
  const masked = tests.some(({ maskScores }) => maskScores !== undefined)
  return {
    head: ['tested on', 'AP', 'AP50', 'AP75', ...(masked ? ['mask AP'] : [])],
    rows: tests.map(({ name, scores: { stats }, maskScores }) => [
      name,
      ...[stats.AP, stats.AP50, stats.AP75].map(figure),
      ...(masked ? [figure(maskScores?.stats.AP)] : []),
    ]),
  }
}

/** A row for every class: its objects (of each modality, where they differ), and its AP50 for every detector and modality. */
export function detectionClassTable(result: DetectionResult): Table {
  const tests = tested(result)
  return {
    head: ['class', 'objects', ...tests.map(({ name }) => `AP50 ${name}`)],
    rows: result.classes.map((name, i) => [
      name,
      [...new Set(tests.map(({ scores }) => scores.classes[i]!.objects))].join(' / '),
      ...tests.map(({ scores }) => figure(scores.classes[i]!.AP50)),
    ]),
  }
}
