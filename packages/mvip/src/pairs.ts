import { basename, join } from 'node:path'
import { type Folder, openFolder } from './layouts/folder'
import { folders, imagePlaces } from './layouts/folders'
import { pairFolders } from './layouts/match'
import { mvip } from './layouts/mvip'

/** An aligned visible and infrared image. */
export interface Pair {
  /** Source and stem: unique in a listing. */
  readonly id: string
  /** Path of the visible image. */
  readonly vi: string
  /** Path of the infrared image. */
  readonly ir: string
  /** Name of the folder that it came from. */
  readonly source: string
}

/** A file that makes no pair, and why. */
export interface PairProblem {
  readonly file: string
  readonly problem: string
}

export interface PairListing {
  readonly pairs: readonly Pair[]
  readonly problems: readonly PairProblem[]
}

export interface ListPairsOptions {
  /** `folders`: `ROOT/vi`, `ROOT/ir` and the like. `mvip`: `ROOT/SOURCE/vi_images/training`, `…/images/training`. Default `auto`. */
  readonly layout?: 'auto' | 'folders' | 'mvip'
  /** What to do about files without partner and empty files. Default `refuse`. */
  readonly onBad?: 'refuse' | 'skip'
  /** Keep only stems listed here (a split file). */
  readonly only?: ReadonlySet<string>
}

/**
 * Pairs of one or several roots, by stem, in a fixed order.
 * @throws Error naming the first files where some have no partner or are empty and `onBad` is `refuse`, or where a
 *   root cannot be read or has none of the known layouts (it says what was looked for).
 */
export function listPairs(roots: string | readonly string[], options: ListPairsOptions = {}): PairListing {
  const { only, layout = 'auto', onBad = 'refuse' } = options
  const pairs: Pair[] = []
  const problems: PairProblem[] = []
  for (const root of [roots].flat()) {
    const folder = openFolder(root, ({ path, problem }) => problems.push({ file: join(root, path), problem }))
    for (const { stem, source, vi, ir } of findPairs(folder, layout))
      if (!only || only.has(stem))
        pairs.push({ id: `${source}/${stem}`, vi: join(root, vi), ir: join(root, ir), source })
  }
  if (problems.length > 0 && onBad === 'refuse') {
    const shown = problems.slice(0, 5).map(({ file, problem }) => `  ${file}: ${problem}`)
    throw new Error(
      `${problems.length} files make no pair:\n${shown.join('\n')}${problems.length > 5 ? '\n  …' : ''}\nMend them, or skip such files (data.onBad: skip, or --on-bad skip)`,
    )
  }
  return { pairs, problems }
}

/** Paths below the root. */
type FoundPair = { readonly stem: string } & Readonly<Record<'source' | 'vi' | 'ir', string>>

function* findPairs(folder: Folder, layout: 'auto' | 'folders' | 'mvip'): Generator<FoundPair> {
  const own = basename(folder.root)
  const { vi, ir } = imagePlaces(folder)
  if (layout !== 'mvip' && vi && ir) {
    for (const pair of pairFolders(folder, vi, ir))
      yield { stem: pair.stem, source: own, vi: pair.vi.path, ir: pair.ir.path }
  } else if (layout !== 'folders' && mvip.recognises(folder)) {
    for (const { stem, source = own, vi, ir } of mvip.list(folder))
      if (vi && ir) yield { stem, source, vi: vi.path, ir: ir.path }
  } else
    throw new Error(`${folder.root} holds no pairs: looked for ${folders.looksFor}, and ${mvip.looksFor}`)
}
