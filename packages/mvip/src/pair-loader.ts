import { type Augmentation, drawEffects, drawView } from './augment'
import { wholeView } from './decode'
import { checkWhole, type LoaderOptions, openLoader } from './loader'
import { fromPosition, type LoaderPosition, type Positioned } from './loader-position'
import type { Pair } from './pairs'
import { folderSource, type PairSource } from './sources/pair-source'
import { imageStack } from './stack-images'

interface PairLoaderSettings extends LoaderOptions {
  /** Side of the images in pixels. */
  readonly size: number
  /** Default: none, the whole image is resized. */
  readonly augment?: Augmentation | null
}

/** Pairs of a listing, or of any source: a folder, a manifest, shards. */
export type PairLoaderOptions = PairLoaderSettings &
  ({ readonly pairs: readonly Pair[] } | { readonly source: PairSource })

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
  /** Epoch after epoch, from a saved position on; every batch tells the position after it. */
  stream(position?: LoaderPosition): AsyncGenerator<Positioned<PairBatch>>
  close(): Promise<void>
}

/** Batches of pairs, decoded, augmented alike and normalised in worker threads; fixed by (seed, epoch, index). */
export function openPairLoader(options: PairLoaderOptions): PairLoader {
  const { size, augment, seed = 0, batch, rank = 0, world = 1, shuffle = true } = options
  checkWhole('size', size, 1)
  const source = 'source' in options ? options.source : folderSource(options.pairs)
  const loader = openLoader(
    source.count,
    (item, epoch) => {
      const view = augment ? drawView(augment, seed, epoch, item) : wholeView
      const effects = augment ? drawEffects(augment, seed, epoch, item) : {}
      const { vi, ir } = source.pair(item)
      return {
        images: [
          { file: vi, modality: 'rgb', size, view, effects: effects.rgb },
          { file: ir, modality: 'ir', size, view, effects: effects.ir },
        ],
      }
    },
    options,
    source.blocks,
  )
  async function* batches(epoch: number, from?: number): AsyncGenerator<PairBatch> {
    const [rgb, ir] = [imageStack('rgb', options.reuse), imageStack('ir', options.reuse)]
    for await (const { index, items, results } of loader.batches(epoch, from)) {
      yield {
        rgb: rgb(results, 0),
        ir: ir(results, 1),
        size,
        epoch,
        index,
        ids: items.map((item) => source.pair(item).id),
      }
    }
  }
  const order = `${source.count} pairs, batch ${batch}, seed ${seed}, rank ${rank} of ${world}${shuffle ? '' : ', in order'}`
  const { batchesPerEpoch, close } = loader
  return {
    batchesPerEpoch,
    batches,
    stream: (position) => fromPosition({ batchesPerEpoch, batches }, order, position),
    close,
  }
}
