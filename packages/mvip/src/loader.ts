import { availableParallelism } from 'node:os'
import { Piscina } from 'piscina'
import type { DecodeResult, DecodeTask } from './decode-worker'
import { randomStream, shuffled } from './random'
import { workerFile } from './worker-file'

/** How items become batches. */
export interface LoaderOptions {
  readonly batch: number
  readonly seed?: number
  /** Default: the machine's cores less one, at least one. */
  readonly workers?: number
  /** Batches decoded ahead. Default 4. */
  readonly prefetch?: number
  /** A new order every epoch. Default true. */
  readonly shuffle?: boolean
  /** Leave out the last, smaller batch. Default true. */
  readonly dropLast?: boolean
}

/** Position and content of a batch. */
export interface RawBatch {
  readonly epoch: number
  readonly index: number
  /** Places of the items in the listing. */
  readonly items: readonly number[]
  readonly results: readonly DecodeResult[]
}

/** Batches in an order that depends on (seed, epoch) alone, however many workers decode them. */
export interface RawLoader {
  readonly batchesPerEpoch: number
  /** @param from First batch to give: how a run goes on in mid-epoch. */
  batches(epoch: number, from?: number): AsyncGenerator<RawBatch>
  close(): Promise<void>
}

/** Opens a pool of decoding threads over `count` items. */
export function openLoader(
  count: number,
  taskOf: (item: number, epoch: number) => DecodeTask,
  options: LoaderOptions,
): RawLoader {
  const { batch, seed = 0, prefetch = 4, shuffle = true, dropLast = true } = options
  const workers = Math.max(1, options.workers ?? availableParallelism() - 1)
  const batchesPerEpoch = dropLast ? Math.floor(count / batch) : Math.ceil(count / batch)
  if (batchesPerEpoch === 0) throw new Error(`${count} items do not fill one batch of ${batch}`)
  const pool = new Piscina<DecodeTask, DecodeResult>({
    filename: workerFile('decode-worker'),
    minThreads: workers,
    maxThreads: workers,
    concurrentTasksPerWorker: 2,
  })

  const orderOf = (epoch: number): Int32Array =>
    shuffle
      ? shuffled(count, randomStream('order', seed, epoch))
      : Int32Array.from({ length: count }, (_, i) => i)

  return {
    batchesPerEpoch,
    async *batches(epoch, from = 0) {
      const order = orderOf(epoch)
      const start = (index: number): Promise<RawBatch> => {
        const items = [...order.subarray(index * batch, Math.min(count, (index + 1) * batch))]
        const work = Promise.all(items.map((item) => pool.run(taskOf(item, epoch)))).then((results) => ({
          epoch,
          index,
          items,
          results,
        }))
        // A failure is reported when its batch is asked for, not as an unhandled rejection of work done ahead.
        work.catch(() => undefined)
        return work
      }
      const ahead: Promise<RawBatch>[] = []
      let next = from
      while (next < batchesPerEpoch || ahead.length > 0) {
        while (next < batchesPerEpoch && ahead.length < prefetch) ahead.push(start(next++))
        yield await ahead.shift()!
      }
    },
    // Not `destroy`: an answer that comes after it, of a task still running, would be an uncaught error.
    close: () => pool.close({ force: true }),
  }
}

/** Images of a batch one after another: `[batch, size, size, 3]`. */
export function stackImages(results: readonly DecodeResult[], which: number): Float32Array {
  const size = results[0]!.images[which]!.length
  const stacked = new Float32Array(results.length * size)
  results.forEach(({ images }, i) => void stacked.set(images[which]!, i * size))
  return stacked
}
