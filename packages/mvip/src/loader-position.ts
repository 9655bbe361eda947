/** Where a run through the data stands: everything needed to go on with the very next batch. JSON. */
export interface LoaderPosition {
  readonly epoch: number
  /** Batches of the epoch that were given. */
  readonly batch: number
  /** What the order depends on; another loader's position is refused. */
  readonly order: string
}

/** A batch and the position after it. */
export type Positioned<Batch> = Batch & { readonly next: LoaderPosition }

/**
 * Epoch after epoch without end, from a position on.
 * @param order What the order depends on, in words.
 * @throws Error where the position is of another order, or past its epoch's end.
 */
export async function* fromPosition<Batch extends { readonly index: number }>(
  loader: {
    readonly batchesPerEpoch: number
    batches(epoch: number, from?: number): AsyncGenerator<Batch>
  },
  order: string,
  position: LoaderPosition = { epoch: 0, batch: 0, order },
): AsyncGenerator<Positioned<Batch>> {
  if (position.order !== order)
    throw new Error(`the position is of other data: it was saved of ${position.order}, this is ${order}`)
  const { epoch: first, batch } = position
  if (
    ![first, batch].every((value) => Number.isInteger(value) && value >= 0) ||
    batch >= loader.batchesPerEpoch
  )
    throw new Error(`position ${JSON.stringify(position)}: an epoch has ${loader.batchesPerEpoch} batches`)
  for (let epoch = first; ; epoch++) {
    for await (const given of loader.batches(epoch, epoch === first ? batch : 0)) {
      const last = given.index + 1 === loader.batchesPerEpoch
      const next = last ? { epoch: epoch + 1, batch: 0, order } : { epoch, batch: given.index + 1, order }
      yield { ...given, next }
    }
  }
}
