import { opendirSync, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { lockFolder } from '../output/folder-lock'
import { replaceTogether } from '../output/replace-together'
import { unreadable } from '../read-text'
import { type Dataset, datasetFiles, datasetFolder, openDataset } from './open-dataset'
import type { DatasetHeader } from './record'

/** What is wrong with the folder of a source, in words. */
function folderProblem(path: string): string | undefined {
  try {
    const folder = opendirSync(path)
    const first = folder.readSync()
    folder.closeSync()
    return first ? undefined : 'is empty (a disk that is not mounted?)'
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return 'does not exist'
    return code === 'ENOTDIR' ? 'is no folder' : `cannot be read (${code})`
  }
}

/**
 * What is wrong with the folders that a dataset's pairs lie in: one line, however many pairs there are.
 * @param used Numbers of the roots that are needed. Default: all.
 * @returns Nothing where all is well.
 */
export function rootsProblem(
  { folder, header, roots }: Dataset,
  used?: ReadonlySet<number>,
): string | undefined {
  const lost = header.roots.flatMap(({ source }, root) => {
    const problem = used && !used.has(root) ? undefined : folderProblem(roots[root]!)
    return problem ? [{ source, said: `the folder of source ${source}, ${roots[root]}, ${problem}` }] : []
  })
  if (lost.length === 0) return undefined
  const now = lost.map(({ source }) => `${source}=FOLDER`).join(' ')
  return `${folder}: ${lost.map(({ said }) => said).join('; ')}. Say where it lies now: univ-mvip relocate ${folder} ${now}`
}

/** @throws Error naming the folders of sources that are not there, and what to do. */
export function checkRoots(dataset: Dataset, used?: ReadonlySet<number>): void {
  const problem = rootsProblem(dataset, used)
  if (problem) throw new Error(problem)
}

/**
 * Tells a dataset where its sources lie now. Rewrites `dataset.json` alone, and only where the first pair of each of these
 * sources is there with the size that the manifest tells; whether all are, `verifyDataset` says.
 * @param places The new folder by the source's name in the header.
 * @throws Error where there is no such source, or its pairs are not in the folder.
 */
export async function relocateSources(
  path: string,
  places: Readonly<Record<string, string>>,
): Promise<DatasetHeader> {
  const unlock = await lockFolder(datasetFolder(path))
  try {
    const dataset = openDataset(path)
    const { folder, header } = dataset
    const names = header.roots.map(({ source }) => source)
    for (const name of Object.keys(places))
      if (!names.includes(name))
        throw new Error(
          `${folder} has no source ${JSON.stringify(name)}; its sources are ${names.join(', ')}`,
        )
    const placed = (root: number) => (Object.hasOwn(places, names[root]!) ? places[names[root]!] : undefined)
    await checkPlaces(dataset, placed)
    const changed: DatasetHeader = {
      ...header,
      roots: header.roots.map((root, i) => ({
        ...root,
        path: placed(i) === undefined ? root.path : pathFrom(folder, placed(i)!),
      })),
    }
    await replaceTogether(folder, [], datasetFiles.header, (part) =>
      writeFile(part(datasetFiles.header), `${JSON.stringify(changed)}\n`),
    )
    return changed
  } finally {
    await unlock()
  }
}

/** How a header names a root: from the dataset's folder, with `/`. */
export const pathFrom = (folder: string, place: string): string =>
  relative(resolve(folder), resolve(place)).replaceAll('\\', '/') || '.'

/** Undefined where there is no such file. */
function sizeOf(file: string): number | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false })?.size
  } catch (error) {
    throw unreadable(file, error)
  }
}

async function checkPlaces(dataset: Dataset, placed: (root: number) => string | undefined): Promise<void> {
  const waiting = new Set(
    dataset.header.roots.flatMap((_, root) => (placed(root) === undefined ? [] : [root])),
  )
  for (const root of waiting) {
    const problem = folderProblem(resolve(placed(root)!))
    if (problem) throw new Error(`${placed(root)} ${problem}`)
  }
  for await (const { id, root, vi, ir } of dataset.records()) {
    if (!waiting.delete(root)) continue
    for (const image of [vi, ir]) {
      const file = image && join(placed(root)!, image.path)
      const size = file && sizeOf(file)
      if (image && size !== image.bytes)
        throw new Error(
          `${placed(root)} is not where ${id} lies: ${file} ${size === undefined ? 'is not there' : `has ${size} bytes, recorded were ${image.bytes}`}; the folder that was given to univ-mvip build is wanted`,
        )
    }
    if (waiting.size === 0) return
  }
}
