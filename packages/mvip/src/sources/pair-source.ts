import type { LabelRef } from '../label-image'
import type { ImageRef } from '../open-image'
import type { Pair } from '../pairs'

export type TimeOfDay = 'day' | 'night'

/** A pair wherever its bytes are. */
export interface SourcePair {
  readonly id: string
  readonly source: string
  readonly vi: ImageRef | string
  readonly ir: ImageRef | string
  /** Of a built dataset, and of shards packed from one. */
  readonly time?: TimeOfDay
  /** Its label map, where it is of a built dataset and has one. */
  readonly labels?: LabelRef | string
}

/** What a loader reads from: pairs by number. */
export interface PairSource {
  readonly count: number
  /** First pairs of stretches that lie in one file; a loader mixes a few of them at a time. */
  readonly blocks?: readonly number[]
  pair(index: number): SourcePair
  close(): void
}

/** Pairs of a listing. */
export function folderSource(pairs: readonly Pair[]): PairSource {
  return { count: pairs.length, pair: (index) => pairs[index]!, close: () => undefined }
}
