import type { Split } from '../layouts/layout'
import { randomStream } from '../random'

/** Shares of the pairs, e.g. train 0.8, val 0.1, test 0.1. They need not add up to one. */
export type SplitShares = Readonly<Record<Split, number>>

const order: readonly Split[] = ['train', 'val', 'test']

/**
 * Gives every group of sequences to one split, so that no scene is in two. Groups come in an order drawn from their
 * names and go where most is missing.
 * @param groups Name and number of pairs of each.
 */
export function splitGroups(
  groups: readonly { readonly name: string; readonly pairs: number }[],
  shares: SplitShares,
  seed: number,
): Split[] {
  const whole = order.reduce((sum, split) => sum + shares[split], 0)
  if (!(whole > 0) || order.some((split) => !(shares[split] >= 0)))
    throw new Error(`splits: shares ${order.map((s) => `${s}=${shares[s]}`).join(', ')} are no shares`)
  const total = groups.reduce((sum, { pairs }) => sum + pairs, 0)
  const missing = Object.fromEntries(order.map((s) => [s, (shares[s] / whole) * total])) as Record<
    Split,
    number
  >
  const drawn = groups.map(({ name }) => randomStream('split', seed, name)())
  // Large groups first: a small one can still fill what they leave. Equal ones in drawn order.
  const queue = groups
    .map((_, i) => i)
    .sort((a, b) => groups[b]!.pairs - groups[a]!.pairs || drawn[a]! - drawn[b]!)
  const splits: Split[] = Array(groups.length).fill('train')
  for (const group of queue) {
    const best = order.reduce((most, split) => (missing[split] > missing[most] ? split : most))
    splits[group] = best
    missing[best] -= groups[group]!.pairs
  }
  return splits
}
