import { isGuessedHour } from '../build/hour'
import { openDataset } from '../manifest/open-dataset'
import type { ManifestImage, ManifestRecord } from '../manifest/record'

/** Normalisation constants for pixels in [0, 1], a value for every channel. */
export interface Constants {
  readonly mean: readonly number[]
  readonly std: readonly number[]
}

/** Share of the pixels in each sixteenth of the grey values. */
export type Histogram = readonly number[]

export interface SourceStats {
  readonly source: string
  readonly pairs: number
  readonly sequences: number
  readonly train: number
  readonly val: number
  readonly test: number
  readonly day: number
  readonly night: number
  readonly misaligned: number
  readonly bytes: number
}

/** What a dataset holds. */
export interface DatasetStats {
  readonly pairs: number
  readonly single: number
  readonly sources: readonly SourceStats[]
  /** Of every image alike, whatever its size. Missing where the set has none of the modality. */
  readonly constants: { readonly rgb?: Constants; readonly ir?: Constants }
  /** Infrared constants as `data.irNormalisation` of a segmentation run takes them, in 0-255. */
  readonly irNormalisation?: { readonly mean: number; readonly std: number }
  readonly histograms: { readonly rgb?: Histogram; readonly ir?: Histogram }
  /** Pairs by offset in whole pixels: 0-1, 1-2 … 9-10, 10 and more; sure ones alone. */
  readonly offsets: readonly number[]
  /** Pairs whose offset is a guess. */
  readonly unsure: number
  /** Pairs by width and height of the visible image, most frequent first. */
  readonly sizes: readonly { readonly size: string; readonly images: number }[]
  /** Sources of which some hours are guesses, by brightness. */
  readonly guessedHours: readonly string[]
  /** Sequences that are in more than one split: they leak. Sources' own splits can be so. */
  readonly leaking: readonly string[]
}

const offsetBins = 11

/** Means, and deviations over all pixels: of the images' own and between their means. */
function gather() {
  const sums = [0, 0, 0]
  const squares = [0, 0, 0]
  const bins = Array<number>(16).fill(0)
  let images = 0
  let channels = 0
  return {
    add({ mean, std, histogram }: ManifestImage) {
      images++
      channels = Math.max(channels, mean.length)
      for (let c = 0; c < 3; c++) {
        const [m, s] = [(mean[c] ?? mean[0]!) / 255, (std[c] ?? std[0]!) / 255]
        sums[c]! += m
        squares[c]! += s * s + m * m
      }
      histogram.forEach((share, bin) => {
        bins[bin]! += share
      })
    },
    end(): { readonly constants?: Constants; readonly histogram?: Histogram } {
      if (images === 0) return {}
      const mean = sums.slice(0, channels).map((sum) => sum / images)
      const std = mean.map((m, c) => Math.sqrt(Math.max(0, squares[c]! / images - m * m)))
      const whole = bins.reduce((a, b) => a + b, 0)
      return { constants: { mean, std }, histogram: bins.map((bin) => bin / whole) }
    },
  }
}

/** Of the first channel: wide infrared has one, and the others are read as one. */
const settingOf = ({ mean, std }: Constants) => {
  const bytes = (share: number) => Number((255 * share).toFixed(3))
  return { mean: bytes(mean[0]!), std: bytes(std[0]!) }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Sums a dataset up from its manifest: no image is read. */
export async function datasetStats(path: string): Promise<DatasetStats> {
  const sources = new Map<string, Mutable<SourceStats>>()
  const splitsOf = new Map<string, Set<string>>()
  const sequencesOf = new Map<string, Set<string>>()
  const sizes = new Map<string, number>()
  const offsets = Array<number>(offsetBins).fill(0)
  const [rgb, ir] = [gather(), gather()]
  let [pairs, single, unsure] = [0, 0, 0]

  function addTo(record: ManifestRecord): void {
    const { source, sequence, split, time, alignment } = record
    const counts = sources.get(source) ?? {
      source,
      pairs: 0,
      sequences: 0,
      train: 0,
      val: 0,
      test: 0,
      day: 0,
      night: 0,
      misaligned: 0,
      bytes: 0,
    }
    sources.set(source, counts)
    counts.pairs++
    counts[split]++
    if (time) counts[time]++
    if (alignment?.verdict === 'misaligned') counts.misaligned++
    counts.bytes += (record.vi?.bytes ?? 0) + (record.ir?.bytes ?? 0)
    sequencesOf.set(source, (sequencesOf.get(source) ?? new Set()).add(sequence))
    splitsOf.set(sequence, (splitsOf.get(sequence) ?? new Set()).add(split))
  }

  const dataset = openDataset(path)
  const guessed = new Set<string>()
  for await (const record of dataset.records()) {
    const { vi, alignment } = record
    if (isGuessedHour(record, dataset.header.roots[record.root]!.layout)) guessed.add(record.source)
    addTo(record)
    if (vi) rgb.add(vi)
    if (record.ir) ir.add(record.ir)
    if (vi && record.ir) pairs++
    else single++
    const { width, height } = (vi ?? record.ir)!
    const size = `${width} × ${height}`
    sizes.set(size, (sizes.get(size) ?? 0) + 1)
    if (alignment?.verdict === 'unsure') unsure++
    else if (alignment)
      offsets[Math.min(offsetBins - 1, Math.floor(Math.hypot(alignment.dx, alignment.dy)))]! += 1
  }
  for (const counts of sources.values()) counts.sequences = sequencesOf.get(counts.source)!.size
  const [visible, infrared] = [rgb.end(), ir.end()]
  return {
    pairs,
    single,
    sources: [...sources.values()],
    constants: { rgb: visible.constants, ir: infrared.constants },
    ...(infrared.constants && { irNormalisation: settingOf(infrared.constants) }),
    histograms: { rgb: visible.histogram, ir: infrared.histogram },
    offsets,
    unsure,
    sizes: [...sizes]
      .map(([size, images]) => ({ size, images }))
      .sort((a, b) => b.images - a.images || (a.size < b.size ? -1 : 1)),
    guessedHours: [...guessed],
    leaking: [...splitsOf].filter(([, splits]) => splits.size > 1).map(([sequence]) => sequence),
  }
}
