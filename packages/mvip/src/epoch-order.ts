import { randomStream, shuffled } from './random'

/** Blocks whose items are mixed with each other: enough for a good mixture, few enough files to be open. */
const mixedBlocks = 8

/**
 * The order of an epoch's items, drawn from (seed, epoch) alone.
 * @param blocks First items of stretches that lie together on disk (shards): they are mixed eight at a time, so that
 *   reading stays near. Default: one stretch.
 */
export function epochOrder(
  count: number,
  seed: number,
  epoch: number,
  blocks: readonly number[] = [0],
): Int32Array {
  if (blocks.length <= mixedBlocks) return shuffled(count, randomStream('order', seed, epoch))
  const random = randomStream('order', seed, epoch, 'blocks')
  const drawn = shuffled(blocks.length, random)
  const order = new Int32Array(count)
  let filled = 0
  for (let first = 0; first < drawn.length; first += mixedBlocks) {
    const begin = filled
    for (const block of drawn.subarray(first, first + mixedBlocks))
      for (let item = blocks[block]!; item < (blocks[block + 1] ?? count); item++) order[filled++] = item
    const places = shuffled(filled - begin, random)
    const stretch = order.slice(begin, filled)
    order.set(
      places.map((place) => stretch[place]!),
      begin,
    )
  }
  return order
}

/** @throws Error where there is no such rank. */
export function checkRank(rank: number, world: number): void {
  if (!(Number.isInteger(world) && world >= 1 && Number.isInteger(rank) && rank >= 0 && rank < world))
    throw new Error(`rank ${rank} of ${world}: whole numbers with 0 ≤ rank < world are wanted`)
}

/** The items of one of several ranks: each is one rank's, none is two's. */
export function shareOfRank(order: Int32Array, rank: number, world: number): Int32Array {
  checkRank(rank, world)
  if (world === 1) return order
  return Int32Array.from(
    { length: Math.ceil((order.length - rank) / world) },
    (_, i) => order[rank + i * world]!,
  )
}
