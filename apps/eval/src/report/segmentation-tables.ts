import type { Modality } from '@univ/mvip'
import type { Table } from '@univ/report'
import { type SegmentationResult, segmenterName } from '../segmentation'
import { percent } from './figures'

const seen: Readonly<Record<Modality, string>> = { rgb: 'RGB', ir: 'IR' }

/** Every segmenter in every modality: what was trained on one and tested on the other stands beside it. */
export function crossTable({ segmenters }: SegmentationResult): Table {
  const tests = segmenters[0]!.tests
  const several = segmenters.length > 1
  return {
    head: [
      'segmenter',
      ...tests.flatMap(({ modality }) =>
        ['mIoU', 'mAcc', 'aAcc'].map((name) => `${name}, ${seen[modality]}`),
      ),
    ],
    rows: segmenters.map((segmenter) => [
      segmenterName(segmenter, several),
      ...segmenter.tests.flatMap(({ scores }) => [scores.mIoU, scores.mAcc, scores.aAcc].map(percent)),
    ]),
  }
}

/** IoU of each class, a column for every segmenter and modality; `–`: neither truth nor prediction has it. */
export function classTable(result: SegmentationResult): Table {
  const columns = seriesOf(result)
  const { pixels } = result.segmenters[0]!.tests[0]!.scores
  const total = pixels.reduce((sum, count) => sum + count, 0)
  return {
    head: ['class', 'share of pixels', ...columns.map(({ name }) => name)],
    rows: result.classes.map((name, i) => [
      name,
      percent(pixels[i]! / Math.max(1, total)),
      ...columns.map(({ iou }) => percent(iou[i])),
    ]),
  }
}

/** IoU of the classes by segmenter and modality. */
export function seriesOf({ segmenters }: SegmentationResult) {
  return segmenters.flatMap((segmenter) =>
    segmenter.tests.map(({ modality, scores }) => ({
      name:
        segmenters.length > 1
          ? `${segmenterName(segmenter, true)}, ${seen[modality]}`
          : `IoU, ${seen[modality]}`,
      modality,
      iou: scores.iou,
    })),
  )
}

/** Figures without pictures, for a JSON file. NaN becomes null. */
export function segmentationJson({ segmenters, ...rest }: SegmentationResult) {
  return {
    ...rest,
    segmenters: segmenters.map(({ checkpoint, card, tests, scenes }) => ({
      checkpoint,
      trainedOn: card.modalities,
      window: card.window,
      step: card.step,
      tests: tests.map(({ modality, scores, confusion }) => ({
        modality,
        ...scores,
        confusion: Array.from({ length: confusion.classes }, (_, row) => [
          ...confusion.counts.subarray(row * confusion.classes, (row + 1) * confusion.classes),
        ]),
      })),
      worstFirst: scenes.map(({ scene, scores }) => ({ id: scene.id, mIoU: scores })),
    })),
  }
}
