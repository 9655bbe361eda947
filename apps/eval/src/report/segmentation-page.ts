import { counted } from '@univ/command-line'
import type { Modality } from '@univ/mvip'
import {
  colours,
  escapeHtml,
  htmlTable,
  type Picture,
  page,
  pictureGrid,
  type Section,
  seriesColours,
  shareBars,
  tiles,
} from '@univ/report'
import {
  type JudgedScene,
  type SegmentationResult,
  type SegmenterResult,
  segmenterName,
} from '../segmentation'
import { classLegend } from './class-colours'
import { confusionMatrix } from './confusion-matrix'
import { percent } from './figures'
import { asSource, labelOverlay, plainPicture } from './label-pictures'
import { classTable, crossTable, seriesOf } from './segmentation-tables'
import { trainingCurve } from './training-curve'

const seen: Readonly<Record<Modality, string>> = { rgb: 'visible', ir: 'infrared' }

/** A scene's images, its truth, and what was predicted from each. */
async function sceneRow({ scene, scores, answers }: JudgedScene, names: readonly string[]): Promise<string> {
  const pictures: Picture[] = []
  for (const answer of answers) {
    const { modality } = answer
    const pictured = { image: scene.images[modality]!, modality }
    const add = async (webp: Promise<Buffer>, caption: string) =>
      pictures.push({ src: asSource(await webp), caption })
    await add(plainPicture(pictured, answer), seen[answer.modality])
    await add(labelOverlay(pictured, { ...answer, labels: answer.truth }, { names }), 'truth')
    await add(
      labelOverlay(pictured, { ...answer, labels: answer.predicted }, { names }),
      `predicted, mIoU ${percent(scores[answer.modality])}`,
    )
  }
  return pictureGrid(scene.id, 3, pictures)
}

async function pictureSection(
  segmenter: SegmenterResult,
  names: readonly string[],
  several: boolean,
): Promise<Section> {
  const shown = segmenter.scenes.filter(({ answers }) => answers.length > 0)
  const rows: string[] = []
  for (const scene of shown) rows.push(await sceneRow(scene, names))
  return {
    title: `Worst scenes first${several ? `: ${segmenterName(segmenter, true)}` : ''}`,
    text: 'By the mean over modalities of the scene’s own mIoU. Pixels that do not count are left uncoloured in the truth.',
    html: classLegend(names) + rows.join(''),
  }
}

/** The report of `univ-eval segment`. @param log `metrics.jsonl` of the run, for the curve. */
export async function segmentationPage(result: SegmentationResult, log?: string): Promise<string> {
  const { classes, segmenters, scenes } = result
  const several = segmenters.length > 1
  const names = classes.map(escapeHtml)
  const series = seriesOf(result)
  const curve = log === undefined ? undefined : trainingCurve(log)
  const ownColour = segmenters.length === 1
  const bars = shareBars(
    [...classes],
    series.map(({ name, modality, iou }, i) => ({
      name,
      colour: ownColour ? colours[modality] : seriesColours[i % seriesColours.length]!,
      values: iou,
    })),
  )
  const matrices = segmenters.flatMap((segmenter) =>
    segmenter.tests.map(
      ({ modality, confusion }) =>
        `<h3>${escapeHtml(several ? `${segmenterName(segmenter, true)}, ` : '')}tested on ${seen[modality]}</h3>${confusionMatrix(confusion, classes)}`,
    ),
  )
  const pictures: Section[] = []
  for (const segmenter of segmenters)
    if (segmenter.scenes.some(({ answers }) => answers.length > 0))
      pictures.push(await pictureSection(segmenter, names, several))
  const note = `${counted(scenes, 'labelled scene')}, ${counted(classes.length, 'class', 'classes')}. mIoU, mAcc and aAcc as mmsegmentation defines them: over all pixels together, classes that neither truth nor prediction has left out of the mean.`
  return page('Semantic segmentation', note, [
    { title: 'Result', html: tiles(resultTiles(result)) + htmlTable(crossTable(result)) },
    curve ? { title: 'Along the training', html: `<div style="max-width:560px">${curve}</div>` } : undefined,
    { title: 'By class', html: bars + htmlTable(classTable(result)) },
    ...pictures,
    { title: 'Confusion', text: 'Shares of each true class.', html: matrices.join('') },
  ])
}

const resultTiles = ({ segmenters }: SegmentationResult) =>
  segmenters.flatMap((segmenter) =>
    segmenter.tests.map(({ modality, scores }) => ({
      name: `mIoU on ${seen[modality]}`,
      value: percent(scores.mIoU),
      note: `${segmenterName(segmenter, segmenters.length > 1)}; mAcc ${percent(scores.mAcc)}, aAcc ${percent(scores.aAcc)}`,
    })),
  )
