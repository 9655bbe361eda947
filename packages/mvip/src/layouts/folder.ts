import { accessSync, constants, existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'

/** A file or folder that cannot be used, and why. */
export interface PathProblem {
  /** Below the root, with `/` between the parts. */
  readonly path: string
  readonly problem: string
}

/** A dataset's root as a layout sees it: names in a fixed order, oddities reported instead of followed. */
export interface Folder {
  readonly root: string
  /** Whether every one of these files or folders exists. */
  has(...paths: readonly string[]): boolean
  /** The first of these names that exists in `parent`, whatever its case. */
  pick(parent: string, ...names: readonly string[]): string | undefined
  /** Names of the folders in `path`, sorted. */
  folders(path?: string): string[]
  /** Names of the files in `path` that end in one of `extensions`, sorted; empty ones are reported and left out, texts excepted. */
  files(path: string, extensions: ReadonlySet<string>): string[]
  /** Paths of all such files below `path`; symbolic links that lead back are reported. */
  deepFiles(path: string, extensions: ReadonlySet<string>): Generator<string>
  report(path: string, problem: string): void
}

export const imageFiles: ReadonlySet<string> = new Set([
  '.jpg',
  '.jpeg',
  '.png',
  '.webp',
  '.tif',
  '.tiff',
  '.bmp',
])

/** Joins parts of a path below a root; `.` and empty parts vanish. */
export const below = (...parts: readonly string[]): string =>
  parts.filter((part) => part !== '' && part !== '.').join('/')

interface Entry {
  readonly name: string
  readonly directory: boolean
  readonly size: number
}

/** Why a name cannot be looked at. */
function statProblem(code: string | undefined): string {
  if (code === 'ELOOP') return 'a symbolic link that leads in a circle'
  return code === 'ENOENT' ? 'a symbolic link that leads nowhere' : `cannot be read (${code})`
}

/**
 * Opens a dataset's root.
 * @param onProblem Called for names that are not UTF-8, links that lead nowhere or in circles, empty files, and
 *   whatever the layout itself reports. Default: nothing is called.
 * @throws Error where the root does not exist, is no folder or cannot be read.
 */
export function openFolder(root: string, onProblem: (problem: PathProblem) => void = () => {}): Folder {
  if (!existsSync(root)) throw new Error(`data folder ${root} does not exist`)
  if (!statSync(root).isDirectory()) throw new Error(`${root} is a file; a data folder is wanted`)
  try {
    accessSync(root, constants.R_OK | constants.X_OK)
  } catch (error) {
    throw new Error(`data folder ${root} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
  const reported = new Set<string>()
  const report = (path: string, problem: string) => {
    // A folder may be read more than once (first to recognise it): say it once. Bounded by what is wrong.
    if (reported.has(`${path}\0${problem}`)) return
    reported.add(`${path}\0${problem}`)
    onProblem({ path, problem })
  }

  function entries(path: string): Entry[] {
    const folder = join(root, path)
    if (!existsSync(folder)) return []
    const found: Entry[] = []
    let names: Buffer[]
    try {
      names = readdirSync(folder, { encoding: 'buffer' })
    } catch (error) {
      report(path, `cannot be read (${(error as NodeJS.ErrnoException).code})`)
      return []
    }
    for (const raw of names) {
      const name = raw.toString('utf8')
      if (!Buffer.from(name, 'utf8').equals(raw)) {
        report(below(path, name), 'its name is not UTF-8: rename it')
        continue
      }
      try {
        const stats = statSync(join(folder, name))
        if (stats.isDirectory() || stats.isFile())
          found.push({ name, directory: stats.isDirectory(), size: stats.size })
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        report(below(path, name), statProblem(code))
      }
    }
    // By code unit, not by locale: the order must be the same on every machine.
    return found.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  }

  const folders = (path = '') => entries(path).flatMap(({ name, directory }) => (directory ? [name] : []))

  function files(path: string, extensions: ReadonlySet<string>): string[] {
    return entries(path).flatMap(({ name, directory, size }) => {
      if (directory || !extensions.has(extname(name).toLowerCase())) return []
      // A text without lines is an image without boxes; an image without bytes is none.
      if (size > 0 || extname(name).toLowerCase() === '.txt') return [name]
      report(below(path, name), 'empty file')
      return []
    })
  }

  function* deepFiles(
    path: string,
    extensions: ReadonlySet<string>,
    above: ReadonlySet<string> = new Set(),
  ): Generator<string> {
    let real: string
    try {
      real = realpathSync(join(root, path))
    } catch (error) {
      return report(path, `cannot be read (${(error as NodeJS.ErrnoException).code})`)
    }
    if (above.has(real)) return report(path, 'a symbolic link that leads in a circle')
    for (const name of files(path, extensions)) yield below(path, name)
    for (const name of folders(path))
      yield* deepFiles(below(path, name), extensions, new Set([...above, real]))
  }

  return {
    root,
    has: (...paths) => paths.every((path) => existsSync(join(root, path))),
    pick: (parent, ...names) => {
      const there = entries(parent)
      for (const name of names) {
        const found =
          there.find((entry) => entry.name === name) ??
          there.find((entry) => entry.name.toLowerCase() === name.toLowerCase())
        if (found) return below(parent, found.name)
      }
      return undefined
    },
    folders,
    files,
    deepFiles: (path, extensions) => deepFiles(path, extensions),
    report,
  }
}
