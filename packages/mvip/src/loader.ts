import { availableParallelism } from 'node:os'
import { Piscina } from 'piscina'
import type { DecodeResult, DecodeTask } from './decode-worker'
import { checkRank, epochOrder, shareOfRank } from './epoch-order'
import { workerCount } from './worker-count'
import { workerFile } from './worker-file'

/** A record that could not be decoded; another one stood in for it. */
export interface SkippedRecord {
  readonly item: number
  readonly error: string
}

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
  /**
   * Write the images of every batch into the memory of the batch before, which spares the collector arrays as large as a
   * batch: a batch is valid until the next is asked for. Default false.
   */
  readonly reuse?: boolean
  /** Which of `world` processes this is: each gets its own items. Default 0. */
  readonly rank?: number
  /** Default 1. */
  readonly world?: number
  /**
   * Records that cannot be decoded: refuse the first, or let so many be replaced by the next sound one, in every epoch that they
   * come up in. Default `refuse`.
   */
  readonly onCorrupt?: 'refuse' | { readonly skip: number }
  /** Told each time. */
  readonly onSkip?: (skipped: SkippedRecord) => void
}

/** Position and content of a batch. */
export interface RawBatch<Task extends DecodeTask> {
  readonly epoch: number
  readonly index: number
  /** Places of the items in the listing. */
  readonly items: readonly number[]
  readonly results: readonly DecodeResult<Task>[]
}

/** Batches in an order that depends on (seed, epoch) alone, however many workers decode them. */
export interface RawLoader<Task extends DecodeTask> {
  readonly batchesPerEpoch: number
  /** @param from First batch to give: how a run goes on in mid-epoch. */
  batches(epoch: number, from?: number): AsyncGenerator<RawBatch<Task>>
  close(): Promise<void>
}

/** @throws Error where a number cannot be meant: a batch of 0 would be asked for without end. */
export function checkWhole(name: string, value: number, least: number): void {
  if (!(Number.isInteger(value) && value >= least))
    throw new Error(`${name} ${value}: a whole number of at least ${least} is wanted`)
}

/** Neighbours that are tried in place of a corrupt record. */
const substitutes = 8

interface Decoded<Task extends DecodeTask> {
  readonly item: number
  readonly result: DecodeResult<Task>
  readonly skipped: readonly SkippedRecord[]
}

/**
 * Opens a pool of decoding threads over `count` items.
 * @param blocks First items of stretches that lie together on disk.
 */
export function openLoader<Task extends DecodeTask>(
  count: number,
  taskOf: (item: number, epoch: number) => Task,
  options: LoaderOptions,
  blocks?: readonly number[],
): RawLoader<Task> {
  const { batch, seed = 0, prefetch = 4, shuffle = true, dropLast = true, rank = 0, world = 1 } = options
  const { onCorrupt = 'refuse', onSkip } = options
  checkWhole('batch', batch, 1)
  checkWhole('prefetch', prefetch, 1)
  checkRank(rank, world)
  const workers = workerCount(options.workers ?? Math.max(1, availableParallelism() - 1), count)
  const orderOf = (epoch: number): Int32Array => {
    const whole = shuffle
      ? epochOrder(count, seed, epoch, blocks)
      : Int32Array.from({ length: count }, (_, i) => i)
    return shareOfRank(whole, rank, world)
  }
  // Whole batches are as many on every rank: none waits for a step that another does not make.
  const mine = Math.ceil((count - rank) / world)
  const batchesPerEpoch = dropLast ? Math.floor(Math.floor(count / world) / batch) : Math.ceil(mine / batch)
  if (batchesPerEpoch === 0)
    throw new Error(
      `${count} items do not fill one batch of ${batch}${world > 1 ? ` on each of ${world} ranks` : ''}`,
    )
  const pool = new Piscina<Task, DecodeResult<Task>>({
    filename: workerFile('decode-worker'),
    minThreads: workers,
    maxThreads: workers,
    // While one is cut out by libvips, another is resampled here.
    concurrentTasksPerWorker: 3,
  })
  const skipped = new Set<number>()

  /** One record, or the next sound one of this rank's order. */
  async function decode(order: Int32Array, place: number, epoch: number): Promise<Decoded<Task>> {
    const failed: SkippedRecord[] = []
    for (;;) {
      const item = order[(place + failed.length) % order.length]!
      try {
        return { item, result: await pool.run(taskOf(item, epoch)), skipped: failed }
      } catch (error) {
        if (onCorrupt === 'refuse') throw error
        failed.push({ item, error: (error as Error).message })
        if (failed.length > substitutes || failed.length >= order.length)
          throw new Error(
            `${failed.length} records in a row cannot be decoded; the first: ${failed[0]!.error}`,
          )
      }
    }
  }

  /** Counted when the batch is given out: the count does not depend on which thread was faster. */
  function note(records: readonly SkippedRecord[]): void {
    for (const record of records) {
      onSkip?.(record)
      skipped.add(record.item)
      if (onCorrupt !== 'refuse' && skipped.size > onCorrupt.skip)
        throw new Error(`more than ${onCorrupt.skip} corrupt records: ${record.error}`)
    }
  }

  return {
    batchesPerEpoch,
    async *batches(epoch, from = 0) {
      const order = orderOf(epoch)
      const start = (index: number): Promise<Decoded<Task>[]> => {
        const end = Math.min(order.length, (index + 1) * batch)
        const places = Array.from({ length: end - index * batch }, (_, i) => index * batch + i)
        const work = Promise.all(places.map((place) => decode(order, place, epoch)))
        // A failure is reported when its batch is asked for, not as an unhandled rejection of work done ahead.
        work.catch(() => undefined)
        return work
      }
      const ahead: Promise<Decoded<Task>[]>[] = []
      let next = from
      for (let index = from; index < batchesPerEpoch; index++) {
        while (next < batchesPerEpoch && ahead.length < prefetch) ahead.push(start(next++))
        const decoded = await ahead.shift()!
        for (const record of decoded) note(record.skipped)
        yield {
          epoch,
          index,
          items: decoded.map(({ item }) => item),
          results: decoded.map(({ result }) => result),
        }
      }
    },
    // Not `destroy`: an answer that comes after it, of a task still running, would be an uncaught error.
    close: () => pool.close({ force: true }),
  }
}
