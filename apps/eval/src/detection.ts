import type { Report } from '@univ/command-line'
import type { EngineName } from '@univ/compile'
import { type CocoDetection, evaluateCoco, maskArea, type OverlapKind } from '@univ/heads'
import {
  type DetectionFolders,
  type DetectionPath,
  type Modality,
  problemText,
  readDetectionSet,
  readStems,
} from '@univ/mvip'
import { type FoundObjects, loadDetector, openDetector, type SavedDetector } from '@univ/train'
import { findObjects } from './find-objects'
import { type Journal, noJournal } from './journal'
import { type CocoScores, cocoScores } from './score-coco'

export interface DetectionOptions {
  /** The encoder's file; the detector's lies beside it. */
  readonly checkpoint: string
  /** A second detector to compare with. */
  readonly beside?: string
  /** The images to look at and their boxes. */
  readonly source: DetectionFolders | DetectionPath
  /** VOC files of a path: right names for others. */
  readonly rename?: Readonly<Record<string, string>>
  /** File of stems to use. */
  readonly only?: string
  readonly onBad: 'refuse' | 'skip'
  readonly batch: number
  readonly engine: EngineName
  readonly onProgress?: Report
  /** Answers of an interrupted run, and where this run's go. */
  readonly journal?: Journal
}

/** One detector's figures and answers, modality by modality. */
export interface DetectorResult {
  readonly checkpoint: string
  readonly trainedOn: readonly Modality[]
  readonly scores: Readonly<Partial<Record<Modality, CocoScores>>>
  /** On masks, where the detector and the annotations have them. */
  readonly maskScores?: Readonly<Partial<Record<Modality, CocoScores>>>
  readonly found: Readonly<Partial<Record<Modality, FoundObjects>>>
}

export interface DetectionResult {
  readonly classes: readonly string[]
  readonly scenes: number
  readonly detector: DetectorResult
  readonly beside?: DetectorResult
}

/** A mask's own pixels decide its area range, not its box's. */
const byMask = (detection: CocoDetection): CocoDetection =>
  detection.mask ? { ...detection, area: maskArea(detection.mask) } : detection

/** Average precision of a detector on annotated images, in each modality; beside another where one is given. */
export async function measureDetection(options: DetectionOptions): Promise<DetectionResult> {
  const detector = await loadDetector(options.checkpoint)
  const other = options.beside === undefined ? undefined : await loadDetector(options.beside)
  const { classes } = detector.card
  if (other && `${other.card.classes}` !== `${classes}`)
    throw new Error(
      `${options.beside} knows ${other.card.classes.join(', ')}, ${options.checkpoint} ${classes.join(', ')}: they cannot be compared`,
    )
  const set = await readDetectionSet({
    ...options.source,
    rename: options.rename,
    classes,
    only: options.only === undefined ? undefined : readStems(options.only),
    onBad: options.onBad,
  })
  for (const problem of set.problems) console.error(`skipped ${problemText(problem)}`)
  const { journal = noJournal } = options
  const { source } = options
  const modalities = 'path' in source ? source.modalities : (Object.keys(source.images) as Modality[])
  const total = set.scenes.length * modalities.length * (other ? 2 : 1)
  let done = 0
  const onImages = (images: number) => {
    done += images
    options.onProgress?.(done, total)
  }
  const measure = async (checkpoint: string, saved: SavedDetector): Promise<DetectorResult> => {
    const { batch, engine } = options
    const { size } = saved.card
    // Opened at the first image that no journal knows.
    const program = await openDetector(saved, batch, { engine, lazy: true })
    const found: Partial<Record<Modality, FoundObjects>> = {}
    try {
      for (const modality of modalities) {
        const asked = { checkpoint, modality, batch, size, classes, journal, onImages }
        found[modality] = await findObjects(program, set.scenes, asked)
      }
    } finally {
      await program.dispose()
    }
    const scored = (kind: OverlapKind) =>
      Object.fromEntries(
        Object.entries(found).map(([modality, { truth, detections }]) => [
          modality,
          cocoScores(evaluateCoco(truth, kind === 'box' ? detections : detections.map(byMask), kind)),
        ]),
      )
    const masked =
      saved.card.detector.maskConvs !== null &&
      Object.values(found).every(({ truth }) => truth.truths.every(({ mask }) => mask))
    return {
      checkpoint,
      trainedOn: saved.card.modalities,
      scores: scored('box'),
      ...(masked ? { maskScores: scored('mask') } : {}),
      found,
    }
  }
  return {
    classes,
    scenes: set.scenes.length,
    detector: await measure(options.checkpoint, detector),
    beside: other && (await measure(options.beside!, other)),
  }
}
