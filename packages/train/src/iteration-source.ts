import type { BatchSource, NamedBatch } from './fit'

/**
 * A source whose epochs are stretches of so many batches, whatever the size of the data set: runs that are told in
 * iterations. Data epochs follow each other within and across stretches.
 */
export function iterationSource<Batch extends NamedBatch>(
  source: BatchSource<Batch>,
  batches: number,
): BatchSource<Batch> {
  return {
    batchesPerEpoch: batches,
    async *batches(epoch, from) {
      let index = from
      while (index < batches) {
        const place = epoch * batches + index
        const [round, start] = [Math.floor(place / source.batchesPerEpoch), place % source.batchesPerEpoch]
        for await (const batch of source.batches(round, start)) {
          yield { ...batch, index: index++ }
          if (index >= batches) break
        }
      }
    },
  }
}
