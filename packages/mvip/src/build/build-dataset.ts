import { join, resolve } from 'node:path'
import { buildFolder, checkOwnDataset } from '../manifest/open-dataset'
import type { DatasetHeader } from '../manifest/record'
import { lockFolder } from '../output/folder-lock'
import { checkApart } from '../output/real-place'
import { inspectAll } from './inspect-all'
import { entriesOf } from './journal'
import { openSources, type UnlistedFile } from './list-sources'
import {
  type BuildOptions,
  checkSelection,
  checkThermalRange,
  checkThumbnailHeight,
  defaultSelection,
  type SelectionOptions,
} from './options'
import { checkRangeUse } from './range-use'
import { type Selection, selectSamples } from './select'
import { writeDataset } from './write-dataset'

/** What a build made of its sources. */
export interface BuildReport {
  /** As written to `dataset.json`; `counts` tells what became of every sample. */
  readonly header: DatasetHeader
  /** Samples taken from an earlier, unfinished or repeated build. */
  readonly recalled: number
  readonly out: string
}

/**
 * Builds a dataset: lists the sources, looks at every pair in worker threads, decides which to keep, and writes
 * `dataset.json`, `manifest.jsonl`, `thumbnails.bin` and `dropped.jsonl` into `out`; sources are only read. An
 * interrupted build goes on where it was. The same input and options give the same bytes, whatever the number of
 * workers. Memory grows by some 90 bytes a pair.
 * @throws Error where a source fits no layout, lies in another or in `out` (or `out` in it), `out` holds files that no
 *   build wrote, another process writes there, an option makes no sense, or nothing is left.
 */
export async function buildDataset(options: BuildOptions): Promise<BuildReport> {
  const selection = { ...defaultSelection, ...definedOnly(options) } as SelectionOptions
  checkSelection(selection)
  checkThumbnailHeight(options.thumbnail)
  const { thermalRange } = options
  checkThermalRange(thermalRange)
  const out = resolve(options.out)
  checkApart(options.sources, out)
  checkOwnDataset(out)
  const unlisted: UnlistedFile[] = []
  const sources = openSources(options.sources, {
    layout: options.layout,
    more: options.more,
    onProblem: (problem) => unlisted.push(problem),
  })
  let total = 0
  for (const _ of sources.samples()) total++
  if (total === 0) throw new Error(`${options.sources.join(', ')}: ${nothingListed(unlisted)}`)
  // Not before: a build that refuses its sources leaves nothing behind.
  const unlock = await lockFolder(out)
  try {
    const { journal, recalled } = await inspectAll(sources, total, join(out, buildFolder), options)
    if (thermalRange) await checkRangeUse(entriesOf(journal), thermalRange)
    const decided = await selectSamples(entriesOf(journal), total, selection)
    if (decided.kept === 0) throw new Error(`nothing is left of ${total} samples: ${tally(decided)}`)
    const header = await writeDataset({
      out,
      entries: () => entriesOf(journal),
      roots: sources.roots,
      selection: decided,
      options: selection,
      thermalRange,
      parquet: options.parquet ?? false,
      unlisted,
    })
    return { header, recalled, out }
  } finally {
    await unlock()
  }
}

function tally({ samples, fate }: Selection): string {
  const counts = new Map<string, number>()
  for (let at = 0; at < samples; at++) counts.set(fate(at), (counts.get(fate(at)) ?? 0) + 1)
  return [...counts].map(([name, count]) => `${count} ${name}`).join(', ')
}

function nothingListed(unlisted: readonly UnlistedFile[]): string {
  const [first] = unlisted
  return first
    ? `no pair is complete; ${unlisted.length} files have problems, the first is ${first.path}: ${first.problem}`
    : 'no image is there'
}

const definedOnly = (options: object): object =>
  Object.fromEntries(
    Object.entries(options).filter(([key, value]) => value !== undefined && key in defaultSelection),
  )
