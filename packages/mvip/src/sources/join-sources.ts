import type { PairSource } from './pair-source'

/** Pairs of a source that does not lie in stretches are mixed so many at a time with the shards of others. */
const stretch = 1000

/** Several sources as one, one after the other. Closing it closes them. */
export function joinSources(sources: readonly PairSource[]): PairSource {
  const firsts: number[] = []
  let count = 0
  for (const source of sources) {
    firsts.push(count)
    count += source.count
  }
  const blocksOf = ({ blocks, count: own }: PairSource) =>
    blocks ?? Array.from({ length: Math.ceil(own / stretch) }, (_, i) => i * stretch)
  const blocks = sources.flatMap((source, i) => blocksOf(source).map((first) => first + firsts[i]!))
  return {
    count,
    blocks: sources.some((source) => source.blocks) ? blocks : undefined,
    pair(index) {
      const at = firsts.findLastIndex((first) => first <= index)
      return sources[at]!.pair(index - firsts[at]!)
    },
    close() {
      for (const source of sources) source.close()
    },
  }
}

/** Every so many-th pair, from the first on. Closing it leaves the source open. */
export function thinSource(source: PairSource, every: number): PairSource {
  return {
    count: Math.ceil(source.count / every),
    pair: (index) => source.pair(index * every),
    close: () => undefined,
  }
}
