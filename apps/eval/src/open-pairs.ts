import {
  checkDistinct,
  joinSources,
  openSource,
  type PairProblem,
  type PairSource,
  readStems,
  type SourcePair,
  type Split,
} from '@univ/mvip'

/** Which pairs a command looks at. */
export interface PairSelection {
  readonly data: readonly string[]
  readonly layout?: 'auto' | 'folders' | 'mvip'
  /** Files without partner and empty files: stop, or list and leave out. Default `refuse`. */
  readonly onBad?: 'refuse' | 'skip'
  /** File of stems to use, one a line (a split). */
  readonly only?: string
  /** Of built datasets; default: all of them. */
  readonly split?: Split
  /** Pairs at most, spread evenly over the listing. */
  readonly limit: number
}

/**
 * The selected pairs of folders, built datasets and shards in a fixed order; problems are told on standard error.
 * @throws Error where fewer than two are left
 */
export async function openPairs(
  selection: PairSelection,
  say: (line: string) => void = console.error,
): Promise<SourcePair[]> {
  const { data, layout, onBad, only, split, limit } = selection
  checkDistinct(data.map((path) => ({ path })))
  const problems: PairProblem[] = []
  const stems = only === undefined ? undefined : readStems(only)
  const sources: PairSource[] = []
  for (const path of data)
    sources.push(
      await openSource(path, {
        layout,
        onBad,
        only: stems,
        split,
        onProblem: (problem) => void problems.push(problem),
      }),
    )
  if (problems.length > 0) say(`${problems.length} files make no pair and are left out:`)
  for (const { file, problem } of problems.slice(0, 10)) say(`  ${file}: ${problem}`)
  if (problems.length > 10) say('  …')
  const source = joinSources(sources)
  try {
    if (source.count < 2)
      throw new Error(
        `${data.join(', ')}: ${source.count} pairs${only === undefined ? '' : ` whose stems are in ${only}`}, at least 2 are wanted`,
      )
    const places = spread(
      Array.from({ length: source.count }, (_, i) => i),
      limit,
    )
    return places.map((place) => source.pair(place))
  } finally {
    source.close()
  }
}

/** A name of the visible image that ends in its stem: members of shards have none of their own, their ids do. */
export const visibleName = ({ id, vi }: SourcePair): string => (typeof vi === 'string' ? vi : id)

/** At most `limit` items, evenly spaced. */
export function spread<T>(items: readonly T[], limit: number): T[] {
  if (items.length <= limit) return [...items]
  return Array.from({ length: limit }, (_, i) => items[Math.floor((i * items.length) / limit)]!)
}
