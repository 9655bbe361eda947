import type { Split } from '../layouts/layout'
import { randomStream } from '../random'

/** Shares of the pairs, e.g. train 0.8, val 0.1, test 0.1. Together they are one. */
export type SplitShares = Readonly<Record<Split, number>>

const order: readonly Split[] = ['train', 'val', 'test']

const told = (shares: SplitShares) => order.map((split) => `${split}=${shares[split]}`).join(',')

/** Another sum is one by accident: of train=0.9 alone the rest would go to train as well. */
const sumTolerance = 1e-6

/** @throws Error where shares are none, or do not add up to one: with those that do. */
export function checkShares(shares: SplitShares): void {
  const sum = order.reduce((total, split) => total + shares[split], 0)
  if (!(sum > 0 && sum < Infinity) || order.some((split) => !(shares[split] >= 0)))
    throw new Error(`shares ${told(shares)} are no shares`)
  if (Math.abs(sum - 1) <= sumTolerance) return
  const short = (share: number) => Number(share.toPrecision(6))
  const unnamed = order.find((split) => shares[split] === 0)
  const right =
    sum < 1 && unnamed
      ? { ...shares, [unnamed]: short(1 - sum) }
      : { train: short(shares.train / sum), val: short(shares.val / sum), test: short(shares.test / sum) }
  throw new Error(
    `shares ${told(shares)} add up to ${short(sum)} and not to 1: ${told(right)}, for example, does`,
  )
}

/**
 * Gives every group of sequences to one split, so that no scene is in two. Groups come in an order drawn from their
 * names and go where most is missing.
 * @param groups Name and number of pairs of each.
 * @throws Error where the shares are not those of a whole.
 */
export function splitGroups(
  groups: readonly { readonly name: string; readonly pairs: number }[],
  shares: SplitShares,
  seed: number,
): Split[] {
  checkShares(shares)
  const whole = order.reduce((sum, split) => sum + shares[split], 0)
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
