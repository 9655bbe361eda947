import { readFile } from 'node:fs/promises'
import {
  type ClassResult,
  type CocoResult,
  type CocoStats,
  evaluateCoco,
  type OverlapKind,
  readCocoDetections,
  readCocoTruth,
} from '@univ/heads'

/** The figures as they are written: pycocotools' names, per-class AP by class name. */
export interface CocoScores {
  readonly stats: CocoStats
  /** -1 where a class has no object. */
  readonly per_class_AP: Readonly<Record<string, number>>
  readonly classes: readonly ClassResult[]
}

/** @throws Error naming the file and the entry that cannot be used */
export async function scoreCoco(files: {
  readonly truth: string
  readonly detections: string
  readonly overlap: OverlapKind
}): Promise<CocoScores> {
  const truth = readCocoTruth(await text(files.truth), files.truth, files.overlap)
  const detections = readCocoDetections(await text(files.detections), files.detections, truth, files.overlap)
  return cocoScores(evaluateCoco(truth, detections, files.overlap))
}

export const cocoScores = ({ stats, classes }: CocoResult): CocoScores => ({
  stats,
  per_class_AP: Object.fromEntries(classes.map(({ name, AP }) => [name, AP])),
  classes,
})

async function text(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new Error(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}
