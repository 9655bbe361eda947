import { type Augmentation, drawView } from './augment'
import { wholeView } from './decode'
import { type LoaderOptions, openLoader, stackImages } from './loader'
import type { Pair } from './pairs'

export interface PairLoaderOptions extends LoaderOptions {
  readonly pairs: readonly Pair[]
  /** Side of the images in pixels. */
  readonly size: number
  /** Default: none, the whole image is resized. */
  readonly augment?: Augmentation | null
}

/** Pairs ready for a step. */
export interface PairBatch {
  /** Normalised, `[batch, size, size, 3]`. */
  readonly rgb: Float32Array
  /** Normalised, grey on three channels, `[batch, size, size, 3]`. */
  readonly ir: Float32Array
  readonly size: number
  readonly epoch: number
  readonly index: number
  readonly ids: readonly string[]
}

export interface PairLoader {
  readonly batchesPerEpoch: number
  batches(epoch: number, from?: number): AsyncGenerator<PairBatch>
  close(): Promise<void>
}

/** Batches of pairs, decoded, augmented alike and normalised in worker threads; fixed by (seed, epoch, index). */
export function openPairLoader(options: PairLoaderOptions): PairLoader {
  const { pairs, size, augment, seed = 0 } = options
  const loader = openLoader(
    pairs.length,
    (item, epoch) => {
      const view = augment ? drawView(augment, seed, epoch, item) : wholeView
      const { vi, ir } = pairs[item]!
      return {
        images: [
          { file: vi, modality: 'rgb', size, view },
          { file: ir, modality: 'ir', size, view },
        ],
      }
    },
    options,
  )
  return {
    ...loader,
    async *batches(epoch, from) {
      for await (const { index, items, results } of loader.batches(epoch, from)) {
        yield {
          rgb: stackImages(results, 0),
          ir: stackImages(results, 1),
          size,
          epoch,
          index,
          ids: items.map((item) => pairs[item]!.id),
        }
      }
    },
  }
}
