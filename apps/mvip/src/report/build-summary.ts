import type { DatasetHeader } from '@univ/mvip'

/** What is counted under a name of its own; every other count is of samples or files that were left out. */
const [kept, alike] = ['kept', 'duplicates kept']
const groups = {
  alignment: ['aligned', 'misaligned', 'unsure'],
  split: ['train', 'val', 'test'],
} as const

/** What became of a build's samples: kept, dropped by reason (the most frequent first), alignment, splits; a line each. */
export function buildSummary({ counts }: Pick<DatasetHeader, 'counts'>): string[] {
  const grouped = Object.entries(groups).map(([group, names]) => {
    const parts = names.map((name) => [name, counts[`${group} ${name}`] ?? 0] as const)
    return [group, joined(parts)] as const
  })
  const dropped = Object.entries(counts)
    .filter(([name]) => name !== kept && name !== alike && !/^(alignment|split) /.test(name))
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
  const lookAlike = counts[alike] ? `, ${counts[alike]} of them near-duplicates` : ''
  return [
    `kept: ${counts[kept] ?? 0}${lookAlike}`,
    ...[['dropped', joined(dropped)] as const, ...grouped].flatMap(([name, parts]) =>
      parts === '' ? [] : [`${name}: ${parts}`],
    ),
  ]
}

const joined = (parts: readonly (readonly [name: string, count: number])[]): string =>
  parts
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ')
