import { listPairs, type Pair, readStems } from '@univ/mvip'

/** Which pairs a command looks at. */
export interface PairSelection {
  readonly data: readonly string[]
  readonly layout?: 'auto' | 'folders' | 'mvip'
  /** Files without partner and empty files: stop, or list and leave out. Default `refuse`. */
  readonly onBad?: 'refuse' | 'skip'
  /** File of stems to use, one a line (a split). */
  readonly only?: string
  /** Pairs at most, spread evenly over the listing. */
  readonly limit: number
}

/** The selected pairs in a fixed order; problems are told on standard error. @throws Error where none is left */
export function openPairs(selection: PairSelection, say: (line: string) => void = console.error): Pair[] {
  const { data, layout, onBad, only, limit } = selection
  const { pairs, problems } = listPairs(data, {
    layout,
    onBad,
    only: only === undefined ? undefined : readStems(only),
  })
  if (problems.length > 0) say(`${problems.length} files make no pair and are left out:`)
  for (const { file, problem } of problems.slice(0, 10)) say(`  ${file}: ${problem}`)
  if (problems.length > 10) say('  …')
  if (pairs.length < 2)
    throw new Error(
      `${data.join(', ')}: ${pairs.length} pairs${only === undefined ? '' : ` whose stems are in ${only}`}, at least 2 are wanted`,
    )
  return spread(pairs, limit)
}

/** At most `limit` items, evenly spaced. */
export function spread<T>(items: readonly T[], limit: number): T[] {
  if (items.length <= limit) return [...items]
  return Array.from({ length: limit }, (_, i) => items[Math.floor((i * items.length) / limit)]!)
}
