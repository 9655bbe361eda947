import type { Layout } from '../layouts/layout'
import { type ThermalRange, thermalRangeProblem } from '../thermal-range'
import { largestDistance } from './near-duplicates'
import { checkShares, type SplitShares } from './split-sequences'

/** What decides which pairs a manifest holds. */
export interface SelectionOptions {
  /** Largest offset of a pair that counts as aligned, in pixels of the visible image. Default 4. */
  readonly tolerance: number
  /** What to do with pairs that lie further apart: keep and mark, leave out, or crop both to what they share. */
  readonly misaligned: 'report' | 'drop' | 'shift'
  /** What to do with pairs whose two images seem to be exchanged (colours in infrared alone). */
  readonly swapped: 'report' | 'drop'
  /** What to do with pairs that look like an earlier one. */
  readonly duplicates: 'report' | 'drop'
  /** Bits of 128 in which near-duplicates differ at most, 0-7. */
  readonly duplicateDistance: number
  /** Keep one frame of this many in a sequence. 1 = all. */
  readonly frameStep: number
  /** Bits of 128 in which a frame must differ from the last one kept of its sequence. 0 = all are kept. */
  readonly frameDistance: number
  /** Bits of 128 by which a scene begins, where the source names no sequences. */
  readonly sceneDistance: number
  /** `sequence`: no scene in two splits. `source`: as the source divides it, and by sequence where it does not. */
  readonly splits: 'sequence' | 'source'
  readonly shares: SplitShares
  readonly seed: number
}

export const defaultSelection: SelectionOptions = {
  tolerance: 4,
  misaligned: 'report',
  swapped: 'drop',
  duplicates: 'drop',
  duplicateDistance: 7,
  frameStep: 1,
  frameDistance: 0,
  sceneDistance: 28,
  splits: 'sequence',
  shares: { train: 0.8, val: 0.1, test: 0.1 },
  seed: 7,
}

export interface BuildOptions extends Partial<SelectionOptions> {
  readonly sources: readonly string[]
  readonly out: string
  /** Default `auto`. */
  readonly layout?: string
  /** Layouts of the caller's own. */
  readonly more?: readonly Layout[]
  /**
   * Stored values of infrared images of more than 8 bits that become 0 and 255, in their files' units; recorded in
   * `dataset.json`, for whatever reads the dataset. Default: the 1st and 99th percentile of each image.
   */
  readonly thermalRange?: ThermalRange
  /** Also write `manifest.parquet`. Default false. */
  readonly parquet?: boolean
  /** Height of a thumbnail in pixels, 8-1024. Default 48. */
  readonly thumbnail?: number
  /** Default: the machine's cores. */
  readonly workers?: number
  readonly onProgress?: (done: number, total: number) => void
}

/** @throws Error naming the first option that makes no sense. */
export function checkSelection(options: SelectionOptions): void {
  const within = (name: keyof SelectionOptions, least: number, most: number, whole: boolean) => {
    const value = options[name] as number
    if (!(value >= least && value <= most) || (whole && !Number.isInteger(value)))
      throw new Error(
        `${name} ${value}: ${whole ? 'a whole number' : 'a number'} from ${least} to ${most} is wanted`,
      )
  }
  within('tolerance', 0, 1000, false)
  within('duplicateDistance', 0, largestDistance, true)
  within('frameStep', 1, 1e6, true)
  within('frameDistance', 0, 128, true)
  within('sceneDistance', 0, 128, true)
  within('seed', 0, 2 ** 31, true)
  checkShares(options.shares)
}

/** @throws Error where it is no range. */
export function checkThermalRange(range: ThermalRange | undefined): void {
  const problem = range && thermalRangeProblem(range)
  if (problem) throw new Error(`thermalRange ${range}: ${problem}`)
}

/** @throws Error where thumbnails would be too small to see or too large for a manifest. */
export function checkThumbnailHeight(height: number | undefined): void {
  if (height !== undefined && !(Number.isInteger(height) && height >= 8 && height <= 1024))
    throw new Error(`thumbnail ${height}: a whole number from 8 to 1024 is wanted`)
}
