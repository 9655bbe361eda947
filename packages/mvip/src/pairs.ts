import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { fileStem } from './stems'

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
  /** `folders`: `ROOT/vi`, `ROOT/ir`. `mvip`: `ROOT/SOURCE/vi_images/training`, `…/images/training`. Default `auto`. */
  readonly layout?: 'auto' | 'folders' | 'mvip'
  /** What to do about files without partner and empty files. Default `refuse`. */
  readonly onBad?: 'refuse' | 'skip'
  /** Keep only stems listed here (a split file). */
  readonly only?: ReadonlySet<string>
}

const extensions = new Set(['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.bmp'])
const folderNames = [
  ['vi', 'ir'],
  ['visible', 'infrared'],
  ['rgb', 'ir'],
  ['Vis', 'Ir'],
] as const
const mvipNames = ['vi_images/training', 'images/training'] as const

interface Folders {
  readonly source: string
  readonly vi: string
  readonly ir: string
}

/**
 * Pairs of one or several roots, by stem, in a fixed order.
 * @throws Error naming the first files where some have no partner or are empty and `onBad` is `refuse`, or where a
 *   root has none of the known layouts (it says what was looked for).
 */
export function listPairs(roots: string | readonly string[], options: ListPairsOptions = {}): PairListing {
  const pairs: Pair[] = []
  const problems: PairProblem[] = []
  for (const root of [roots].flat()) {
    for (const folders of findFolders(root, options.layout ?? 'auto'))
      collect(folders, options.only, pairs, problems)
  }
  if (problems.length > 0 && (options.onBad ?? 'refuse') === 'refuse') {
    const shown = problems.slice(0, 5).map(({ file, problem }) => `  ${file}: ${problem}`)
    throw new Error(
      `${problems.length} files make no pair:\n${shown.join('\n')}${problems.length > 5 ? '\n  …' : ''}\nMend them, or skip such files (--on-bad skip)`,
    )
  }
  return { pairs, problems }
}

function findFolders(root: string, layout: 'auto' | 'folders' | 'mvip'): Folders[] {
  if (!existsSync(root)) throw new Error(`data folder ${root} does not exist`)
  const found: Folders[] = []
  if (layout !== 'mvip') {
    const names = folderNames.find(([vi, ir]) => existsSync(join(root, vi)) && existsSync(join(root, ir)))
    if (names) found.push({ source: basename(root), vi: join(root, names[0]), ir: join(root, names[1]) })
  }
  if (layout !== 'folders' && found.length === 0) {
    for (const source of ['.', ...subfolders(root)]) {
      const [vi, ir] = mvipNames.map((name) => join(root, source, name)) as [string, string]
      if (existsSync(vi) && existsSync(ir))
        found.push({ source: source === '.' ? basename(root) : source, vi, ir })
    }
  }
  if (found.length > 0) return found
  throw new Error(
    `${root} holds no pairs: looked for ${folderNames.map(([vi, ir]) => `${vi}/ + ${ir}/`).join(', ')} and SOURCE/${mvipNames.join(' + SOURCE/')}`,
  )
}

const subfolders = (root: string): string[] =>
  readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()

/** Why an image cannot be one of a pair. */
function fileProblem(file: string): string | undefined {
  try {
    return statSync(file).size === 0 ? 'empty file' : undefined
  } catch (error) {
    return `cannot be read (${(error as NodeJS.ErrnoException).code})`
  }
}

function imagesByStem(folder: string, problems: PairProblem[]): Map<string, string> {
  const found = new Map<string, string>()
  for (const name of readdirSync(folder).sort()) {
    if (!extensions.has(extname(name).toLowerCase())) continue
    const file = join(folder, name)
    const stem = fileStem(name)
    const earlier = found.get(stem)
    const problem = fileProblem(file)
    if (problem) problems.push({ file, problem })
    else if (earlier) problems.push({ file, problem: `shares its stem with ${earlier}, which is used` })
    else found.set(stem, file)
  }
  return found
}

function collect(
  { source, vi, ir }: Folders,
  only: ReadonlySet<string> | undefined,
  pairs: Pair[],
  problems: PairProblem[],
): void {
  const [visible, infrared] = [imagesByStem(vi, problems), imagesByStem(ir, problems)]
  for (const [stem, file] of visible) {
    const partner = infrared.get(stem)
    if (!partner) problems.push({ file, problem: `no infrared image '${stem}' in ${ir}` })
    else if (!only || only.has(stem)) pairs.push({ id: `${source}/${stem}`, vi: file, ir: partner, source })
  }
  for (const [stem, file] of infrared)
    if (!visible.has(stem)) problems.push({ file, problem: `no visible image '${stem}' in ${vi}` })
}
