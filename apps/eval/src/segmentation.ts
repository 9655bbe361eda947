import { basename } from 'node:path'
import type { Report } from '@univ/command-line'
import type { EngineName, Precision } from '@univ/compile'
import { type Confusion, joinConfusions, type SegmentationScores, segmentationScores } from '@univ/heads'
import {
  type LabelledPair,
  listLabelledPairs,
  type Modality,
  presentModalities,
  readStems,
  type Split,
} from '@univ/mvip'
import {
  cardReading,
  type LoadedSegmenter,
  loadSegmenter,
  openSegmenter,
  predictScene,
  type SceneAnswer,
  type SegmentCard,
} from '@univ/train'
import { chosenCard, type PredictionChoice } from './chosen-card'
import { fileState, type Journal, noJournal } from './journal'
import { spread } from './open-pairs'
import { readConfusion, recordedConfusion } from './recorded-answers'

export interface SegmentationOptions extends PredictionChoice {
  /** Segmenters to compare. */
  readonly checkpoints: readonly string[]
  readonly heads?: number
  readonly data: string
  readonly only?: string
  /** A split of a built dataset, or of a public set that names its splits. */
  readonly split?: Split
  /** Default: those that the data has. */
  readonly modalities?: readonly Modality[]
  readonly limit: number
  /** Windows that run together. */
  readonly batch: number
  readonly engine: EngineName
  readonly precision?: Precision
  /** Scenes kept with their predictions: the worst ones. */
  readonly pictures: number
  readonly onProgress?: Report
  /** Answers of an interrupted run, and where this run's go. */
  readonly journal?: Journal
  /** Told every prediction that was not in the journal. */
  readonly onAnswer?: (answer: SceneAnswer, asked: Asked) => Promise<void>
}

/** Who gave an answer, and what its numbers mean. */
export interface Asked {
  readonly checkpoint: string
  readonly classes: readonly string[]
}

/** A scene's answers in every modality, and how good they are. */
export interface JudgedScene {
  readonly scene: LabelledPair
  /** mIoU of the scene alone, by modality; NaN where nothing counts. */
  readonly scores: Readonly<Partial<Record<Modality, number>>>
  readonly answers: readonly SceneAnswer[]
}

/** One segmenter's figures. */
export interface SegmenterResult {
  readonly checkpoint: string
  readonly card: SegmentCard
  readonly tests: readonly {
    readonly modality: Modality
    readonly scores: SegmentationScores
    readonly confusion: Confusion
  }[]
  /** All scenes, the worst first; the first of them with their answers. */
  readonly scenes: readonly JudgedScene[]
}

export interface SegmentationResult {
  readonly classes: readonly string[]
  readonly modalities: readonly Modality[]
  readonly scenes: number
  readonly segmenters: readonly SegmenterResult[]
}

/**
 * Figures of one or several segmenters on labelled scenes, in every modality that the scenes have: trained on one and
 * tested on the other, too.
 * @throws Error where segmenters have different classes, or windows would leave pixels out.
 */
export async function measureSegmentation(options: SegmentationOptions): Promise<SegmentationResult> {
  const { data, checkpoints, only } = options
  const modalities = options.modalities ?? (await presentModalities(data))
  const listed = await listLabelledPairs(data, {
    modalities,
    only: only === undefined ? undefined : readStems(only),
    split: options.split,
  })
  const scenes = spread(listed, options.limit)
  const segmenters: SegmenterResult[] = []
  let done = 0
  for (const checkpoint of checkpoints) {
    const loaded = await loadSegmenter(checkpoint, { heads: options.heads })
    const card = chosenCard(loaded, options, checkpoint)
    const first = segmenters[0]
    if (first && `${first.card.classes}` !== `${card.classes}`)
      throw new Error(
        `${checkpoint} has classes ${card.classes.join(', ')}; ${first.checkpoint} has ${first.card.classes.join(', ')}`,
      )
    const onScene = () => options.onProgress?.(++done, checkpoints.length * scenes.length)
    segmenters.push(await measureOne(checkpoint, loaded, card, scenes, modalities, { ...options, onScene }))
  }
  return { classes: segmenters[0]!.card.classes, modalities, scenes: scenes.length, segmenters }
}

async function measureOne(
  checkpoint: string,
  loaded: LoadedSegmenter,
  card: SegmentCard,
  scenes: readonly LabelledPair[],
  modalities: readonly Modality[],
  options: SegmentationOptions & { readonly onScene: () => void },
): Promise<SegmenterResult> {
  const { engine, batch, precision, scales, flip, pictures, journal = noJournal, onAnswer, onScene } = options
  const opened = await openSegmenter(loaded, { engine, batch, precision })
  const reading = cardReading(card, { multiple: opened.multiple, batch, scales, flip })
  const counted = new Map<Modality, Confusion[]>(modalities.map((modality) => [modality, []]))
  const predict = (scene: LabelledPair, modality: Modality) =>
    predictScene(opened.network, scene, modality, reading)
  let judged: JudgedScene[] = []
  try {
    for (const scene of scenes) {
      const answers: SceneAnswer[] = []
      const scores: Partial<Record<Modality, number>> = {}
      for (const modality of modalities) {
        const key = answerKey(checkpoint, scene, modality)
        let confusion = journal.recall(key, (value) => readConfusion(value, card.classes.length))
        if (!confusion) {
          const answer = await predict(scene, modality)
          confusion = answer.confusion
          answers.push(answer)
          await onAnswer?.(answer, { checkpoint, classes: card.classes })
          journal.record(key, recordedConfusion(confusion))
        }
        counted.get(modality)!.push(confusion)
        scores[modality] = segmentationScores(confusion).mIoU
      }
      judged = worstFirst([...judged, { scene, scores, answers }], pictures)
      onScene()
    }
    // Of what the journal knew, the pictures are made again.
    for (const [i, item] of judged.slice(0, pictures).entries()) {
      if (item.answers.length === modalities.length) continue
      const answers: SceneAnswer[] = []
      for (const modality of modalities) answers.push(await predict(item.scene, modality))
      judged[i] = { ...item, answers }
    }
  } finally {
    await opened.dispose()
  }
  const tests = modalities.map((modality) => {
    const confusion = joinConfusions(counted.get(modality)!)
    return { modality, confusion, scores: segmentationScores(confusion) }
  })
  return { checkpoint, card, tests, scenes: judged }
}

/** Changes with the files: an answer about others does not count. */
function answerKey(checkpoint: string, { id, images, labels }: LabelledPair, modality: Modality): string {
  return `${checkpoint} ${modality} ${id} ${fileState(images[modality]!, labels)}`
}

/** Sorted by their mean score; only the worst keep their answers, which are as large as the images. */
function worstFirst(scenes: readonly JudgedScene[], kept: number): JudgedScene[] {
  return [...scenes]
    .sort((a, b) => meanScore(a) - meanScore(b))
    .map((item, i) => (i < kept || item.answers.length === 0 ? item : { ...item, answers: [] }))
}

/** Scenes of which nothing counts come last. */
function meanScore({ scores }: JudgedScene): number {
  const known = Object.values(scores).filter((score) => !Number.isNaN(score))
  return known.length === 0 ? 2 : known.reduce((sum, score) => sum + score, 0) / known.length
}

/** A short name of a segmenter: its run and what it was trained on. */
export function segmenterName({ checkpoint, card }: SegmenterResult, several: boolean): string {
  const trained = `trained on ${card.modalities.join(' + ')}`
  if (!several) return trained
  return `${runName(checkpoint)}, ${trained}`
}

/** The run's folder: every run's file has the same name. */
export const runName = (checkpoint: string): string => checkpoint.split('/').at(-2) ?? basename(checkpoint)
