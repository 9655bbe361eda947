import type { CocoBox } from './overlaps'
import type { RunLengths } from './run-lengths'

/** An annotated object. */
export interface CocoTruth {
  readonly id: number
  readonly image: number
  readonly category: number
  readonly box: CocoBox
  /** Pixels; decides the area range. Not always the box's. */
  readonly area: number
  /** A region of many objects: finding it counts neither for nor against. */
  readonly crowd: boolean
  readonly mask?: RunLengths
}

/** A detected object. */
export interface CocoDetection {
  readonly image: number
  readonly category: number
  readonly box: CocoBox
  readonly score: number
  /** Pixels; decides the area range of detections that match nothing. */
  readonly area: number
  readonly mask?: RunLengths
}

export interface CocoImage {
  readonly id: number
  readonly file: string
  readonly width?: number
  readonly height?: number
}

export interface CocoCategory {
  readonly id: number
  readonly name: string
}

/** Images, categories and annotated objects. */
export interface CocoTruthSet {
  readonly images: readonly CocoImage[]
  readonly categories: readonly CocoCategory[]
  readonly truths: readonly CocoTruth[]
}
