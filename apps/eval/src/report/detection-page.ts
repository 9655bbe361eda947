import { basename, dirname, resolve } from 'node:path'
import { counted } from '@univ/command-line'
import { colours, htmlTable, page, type Section, shareBars, shareCurves, tiles } from '@univ/report'
import type { DetectionResult, DetectorResult } from '../detection'
import { cocoTables } from './coco-tables'
import { detectionPictures } from './detection-pictures'
import { detectionClassTable, detectionTable, figure, modalitiesOf, modalityNames } from './detection-tables'

const nameOf = ({ checkpoint, trainedOn }: DetectorResult) =>
  `${checkpoint} (trained on ${trainedOn.map((modality) => modalityNames[modality]).join(' and ')})`

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
    text: `${counted(result.scenes, 'scene')}. AP50: a box counts as found from an overlap of 0.5 on; AP: mean over overlaps 0.5 to 0.95.${beside ? ` Beside: ${nameOf(beside)}.` : ''}`,
    html: tiles(items) + htmlTable(detectionTable(result)),
  }
}

function classSection(result: DetectionResult): Section {
  const { detector, beside, classes } = result
  const series = [detector, ...(beside ? [beside] : [])].flatMap((one, i) =>
    modalitiesOf(one).map((modality) => ({
      name: `${modalityNames[modality]}${i === 1 ? ', beside' : ''}`,
      colour: i === 1 ? (modality === 'rgb' ? '#9cc3f2' : '#f6bb96') : colours[modality],
      values: one.scores[modality]!.classes.map(({ AP50 }) => (AP50 < 0 ? undefined : AP50)),
    })),
  )
  return {
    title: 'AP50 of each class',
    html: shareBars(classes, series) + htmlTable(detectionClassTable(result)),
  }
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
    // Every run's file has the same name.
    `Detection: ${basename(dirname(resolve(result.detector.checkpoint)))}`,
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
