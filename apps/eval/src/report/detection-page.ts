import { basename } from 'node:path'
import type { Modality } from '@univ/mvip'
import {
  colours,
  htmlTable,
  page,
  type Section,
  shareBars,
  shareCurves,
  type Table,
  tiles,
} from '@univ/report'
import type { DetectionResult, DetectorResult } from '../detection'
import { cocoTables } from './coco-tables'
import { detectionPictures } from './detection-pictures'
import { percent } from './figures'

const modalityNames: Readonly<Record<Modality, string>> = { rgb: 'visible', ir: 'infrared' }
const figure = (value: number | undefined) => percent(value === undefined || value < 0 ? undefined : value)
const modalitiesOf = ({ scores }: DetectorResult) => Object.keys(scores) as Modality[]
const nameOf = ({ checkpoint, trainedOn }: DetectorResult) =>
  `${checkpoint} (trained on ${trainedOn.map((modality) => modalityNames[modality]).join(' and ')})`

/** AP of every detector in every modality, class by class. */
export function detectionTable({ detector, beside, classes }: DetectionResult): Table {
  const masked = (detector.maskScores ?? beside?.maskScores) !== undefined
  const rows = [detector, ...(beside ? [beside] : [])].flatMap((result, i) =>
    modalitiesOf(result).map((modality) => {
      const { stats, classes: each } = result.scores[modality]!
      return [
        `${modalityNames[modality]}${i === 1 ? ', beside' : ''}`,
        figure(stats.AP),
        figure(stats.AP50),
        figure(stats.AP75),
        ...(masked ? [figure(result.maskScores?.[modality]?.stats.AP)] : []),
        ...each.map(({ AP50 }) => figure(AP50)),
      ]
    }),
  )
  return {
    head: [
      'tested on',
      'AP',
      'AP50',
      'AP75',
      ...(masked ? ['mask AP'] : []),
      ...classes.map((name) => `AP50 ${name}`),
    ],
    rows,
  }
}

/** What is written as JSON: the figures, not the answers. */
export function detectionJson({ detector, beside, ...rest }: DetectionResult): object {
  const figuresOf = ({ found: _, ...figures }: DetectorResult) => figures
  return { ...rest, detector: figuresOf(detector), beside: beside && figuresOf(beside) }
}

function overview(result: DetectionResult): Section {
  const { detector, beside } = result
  const items = modalitiesOf(detector).map((modality) => {
    const { stats } = detector.scores[modality]!
    const other = beside?.scores[modality]?.stats.AP50
    return {
      name: `AP50 on ${modalityNames[modality]} images`,
      value: figure(stats.AP50),
      note: `AP ${figure(stats.AP)}${other === undefined ? '' : `; beside ${figure(other)}`}`,
    }
  })
  return {
    title: 'Average precision',
    text: `${result.scenes} scenes. AP50: a box counts as found from an overlap of 0.5 on; AP: mean over overlaps 0.5 to 0.95.${beside ? ` Beside: ${nameOf(beside)}.` : ''}`,
    html: tiles(items) + htmlTable(detectionTable(result)),
  }
}

function classSection({ detector, beside, classes }: DetectionResult): Section {
  const series = [detector, ...(beside ? [beside] : [])].flatMap((result, i) =>
    modalitiesOf(result).map((modality) => ({
      name: `${modalityNames[modality]}${i === 1 ? ', beside' : ''}`,
      colour: i === 1 ? (modality === 'rgb' ? '#9cc3f2' : '#f6bb96') : colours[modality],
      values: result.scores[modality]!.classes.map(({ AP50 }) => (AP50 < 0 ? undefined : AP50)),
    })),
  )
  return { title: 'AP50 of each class', html: shareBars(classes, series) }
}

function curveSection({ detector, classes }: DetectionResult): Section {
  const charts = classes.flatMap((name, i) => {
    const series = modalitiesOf(detector).flatMap((modality) => {
      const curve = detector.scores[modality]!.classes[i]!.curve50
      if (!curve) return []
      const points = curve.map((precision, k) => [k / (curve.length - 1), precision] as const)
      return [{ name: modalityNames[modality], colour: colours[modality], points }]
    })
    return series.length === 0 ? [] : [shareCurves(name, ['recall', 'precision'], series)]
  })
  return {
    title: 'Precision and recall at an overlap of 0.5',
    html: `<div class="charts">${charts.join('')}</div>`,
  }
}

function figureSection({ detector }: DetectionResult): Section {
  const tables = modalitiesOf(detector).map((modality) => {
    const [figures] = cocoTables(detector.scores[modality]!)
    return `<h3>${modalityNames[modality]}</h3>${htmlTable(figures)}`
  })
  return { title: 'COCO’s twelve figures', html: tables.join('') }
}

/** The report: figures, bars, curves, and pictures with the worst images first. */
export async function detectionPage(result: DetectionResult, pictures: number): Promise<string> {
  return page(
    `Detection: ${basename(result.detector.checkpoint)}`,
    `${nameOf(result.detector)}; classes ${result.classes.join(', ')}`,
    [
      overview(result),
      classSection(result),
      curveSection(result),
      pictures > 0 ? await detectionPictures(result, pictures) : undefined,
      figureSection(result),
    ],
  )
}
