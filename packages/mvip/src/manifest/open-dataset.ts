import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { readFolder } from '../layouts/read-folder'
import type { ImageRef } from '../open-image'
import { pendingName } from '../output/replace-together'
import { type ManifestCheck, manifestCheck } from './check-manifest'
import { checkFormat, checkValue } from './check-value'
import { readJsonLines } from './json-lines'
import {
  type DatasetHeader,
  datasetFormat,
  datasetHeader,
  datasetVersion,
  type ManifestImage,
  type ManifestRecord,
} from './record'

/** Names of a dataset's files. */
export const datasetFiles = {
  thumbnails: 'thumbnails.bin',
  dropped: 'dropped.jsonl',
  manifest: 'manifest.jsonl',
  parquet: 'manifest.parquet',
  header: 'dataset.json',
} as const

/** Where a build keeps what it goes on from, and the file there that says what that depends on. */
export const buildFolder = '.build'
export const journalMark = 'inputs.json'

/** A dataset that `univ-mvip build` wrote. */
export interface Dataset {
  readonly folder: string
  readonly header: DatasetHeader
  /** The sources' folders, in the order of `root` in the records. */
  readonly roots: readonly string[]
  /** The manifest that is read. */
  readonly manifest: string
  /**
   * Records in order, one at a time.
   * @throws Error naming the line and the field that is wrong; at the end, where lines are missing or two have one id.
   */
  records(): AsyncGenerator<ManifestRecord>
  /** What `records` looks for, for whoever reads the lines otherwise. */
  check(): ManifestCheck
  /** Where one of a record's images is. */
  imageOf(record: ManifestRecord, modality: 'vi' | 'ir'): ImageRef | undefined
  /** Path of a file that a record names. */
  pathOf(record: ManifestRecord, path: string): string
}

/** Whether a folder is a built dataset, be it unfinished; one may hold a `dataset.json` of somebody else's. */
export const holdsDataset = (folder: string): boolean =>
  existsSync(join(folder, buildFolder, journalMark)) ||
  (existsSync(join(folder, datasetFiles.header)) && existsSync(join(folder, datasetFiles.manifest)))

/**
 * @throws Error where one of a dataset's files would replace something that no build wrote.
 */
export function checkOwnDataset(folder: string): void {
  const there = Object.values(datasetFiles).find((name) => existsSync(join(folder, name)))
  if (there === undefined || existsSync(join(folder, buildFolder, journalMark))) return
  try {
    const { format } = JSON.parse(readFileSync(join(folder, datasetFiles.header), 'utf8'))
    if (format === datasetFormat) return
  } catch {
    // No header of ours.
  }
  throw new Error(`--out ${folder} holds a ${there} that univ-mvip build did not write; give another folder`)
}

/** The folder of a dataset that is given by it or by its manifest's path. @throws Error where there is neither, or it cannot be read. */
export function datasetFolder(path: string): string {
  if (!existsSync(path)) throw new Error(`${path} does not exist`)
  if (!statSync(path).isDirectory()) return dirname(path)
  readFolder(path) // of a folder that may not be entered all files seem to be missing
  return path
}

/**
 * Opens a dataset by its folder or by its manifest's path.
 * @throws Error where there is none, or its header is of another format or version.
 */
export function openDataset(path: string): Dataset {
  const folder = datasetFolder(path)
  const name = folder === path ? datasetFiles.manifest : basename(path)
  if (name === datasetFiles.parquet)
    throw new Error(`${path} is a copy for other programs: give the folder, or its ${datasetFiles.manifest}`)
  const [file, headerFile] = [join(folder, name), join(folder, datasetFiles.header)]
  for (const wanted of [headerFile, file])
    if (!existsSync(wanted))
      throw new Error(
        existsSync(join(folder, buildFolder))
          ? `${folder} is unfinished: its build was interrupted, run it again (${wanted} is missing)`
          : `${path} is no dataset: ${wanted} is missing (univ-mvip build writes it)`,
      )
    else if (!statSync(wanted).isFile()) throw new Error(`${wanted} is no file`)
  if (existsSync(join(folder, pendingName(datasetFiles.header))))
    throw new Error(
      `${folder} is unfinished: univ-mvip split is at work there or was interrupted; run it again`,
    )
  let json: unknown
  try {
    json = JSON.parse(readFileSync(headerFile, 'utf8'))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new Error(`${headerFile}${code ? ` cannot be read (${code})` : `: no JSON (${message})`}`)
  }
  checkFormat(json, headerFile, { format: datasetFormat, versions: [1, datasetVersion] })
  const header = checkValue(datasetHeader, json, headerFile)
  const roots = header.roots.map(({ path }) => resolve(folder, path))
  // A manifest of another name is a part that somebody chose: the header does not count it.
  const kept = name === datasetFiles.manifest ? (header.counts.kept ?? 0) : undefined
  const check = () => manifestCheck(file, roots.length, kept)
  const pathOf: Dataset['pathOf'] = ({ id, root }, path) => {
    if (roots[root] === undefined)
      throw new Error(`${file}: ${id} names root ${root}, and ${headerFile} has ${roots.length}`)
    return join(roots[root], path)
  }
  return {
    folder,
    header,
    roots,
    manifest: file,
    check,
    async *records() {
      const lines = check()
      for await (const { value, line } of readJsonLines(file)) yield lines.record(value, line)
      await lines.end()
    },
    imageOf(record, modality) {
      const image: ManifestImage | null = record[modality]
      if (!image) return undefined
      const thermalRange = modality === 'ir' ? header.thermalRange : undefined
      const { channels, crop } = image
      return { file: pathOf(record, image.path), channels, crop: crop ?? undefined, thermalRange }
    },
    pathOf,
  }
}
