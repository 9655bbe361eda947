import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeJsonLines } from '../manifest/json-lines'
import { buildFolder, datasetFiles } from '../manifest/open-dataset'
import { writeParquet } from '../manifest/parquet'
import { type DatasetHeader, datasetFormat, datasetVersion } from '../manifest/record'
import { pathFrom } from '../manifest/source-roots'
import { pendingName } from '../output/replace-together'
import type { ThermalRange } from '../thermal-range'
import { classesSeen } from './classes-seen'
import { composeRecord } from './compose-record'
import type { Inspection } from './inspect'
import type { JournalEntry } from './journal'
import type { SourceRoot, UnlistedFile } from './list-sources'
import type { SelectionOptions } from './options'
import { fates, type Selection } from './select'

/** A line of `dropped.jsonl`: a sample or file that is not in the manifest. */
export interface DroppedRecord {
  readonly id: string
  readonly reason: string
  readonly detail?: string
}

export interface WriteDatasetOptions {
  readonly out: string
  /** In listing order. */
  readonly entries: () => AsyncIterable<JournalEntry>
  readonly roots: readonly SourceRoot[]
  readonly selection: Selection
  readonly options: SelectionOptions
  readonly thermalRange: ThermalRange | undefined
  readonly parquet: boolean
  readonly unlisted: readonly UnlistedFile[]
}

const isInspection = (entry: JournalEntry): entry is JournalEntry & { readonly result: Inspection } =>
  !('problem' in entry.result)

/** Why a sample was left out, in words and figures. */
function detailOf({ result }: JournalEntry, twin: string | undefined, distance: number): string | undefined {
  if ('problem' in result) return `${result.file}: ${result.problem}`
  if (twin) return `${distance} of 128 bits from ${twin}`
  if (result.alignment) return `infrared lies ${result.alignment.dx}, ${result.alignment.dy} pixels off`
  return undefined
}

/** Writes a dataset's files one after another, each complete or not there. Nothing is written beside `out`. */
export async function writeDataset(given: WriteDatasetOptions): Promise<DatasetHeader> {
  const { out, entries, selection, options } = given
  const counts: Record<string, number> = { unlisted: given.unlisted.length }
  for (const fate of fates) counts[fate] = 0
  const part = (name: string) => join(out, buildFolder, name)
  const manifest = await writeJsonLines(part(datasetFiles.manifest))
  const dropped = await writeJsonLines(part(datasetFiles.dropped))
  const thumbnails = await open(part(datasetFiles.thumbnails), 'w')
  const names = twinsOf(selection)
  for (const { root, path, problem } of given.unlisted) {
    const id = `${given.roots[root]!.source}/${path}`
    await dropped.write({ id, reason: 'unlisted', detail: problem } satisfies DroppedRecord)
  }
  const classes = classesSeen(given.roots)
  let [at, offset] = [0, 0]
  for await (const entry of entries()) {
    const fate = selection.fate(at)
    if (names.has(at)) names.set(at, entry.id)
    count(counts, fate)
    if (fate === 'kept' && isInspection(entry)) {
      const picture = Buffer.from(entry.result.thumbnail, 'base64')
      await thumbnails.appendFile(picture)
      const record = composeRecord(at, entry, selection, options, { offset, length: picture.length })
      offset += picture.length
      count(counts, `split ${record.split}`)
      if (record.alignment) count(counts, `alignment ${record.alignment.verdict}`)
      if (selection.like(at)) count(counts, 'duplicates kept')
      classes.see(record)
      await manifest.write(record)
    } else {
      const twin = fate === 'duplicate' ? selection.like(at) : undefined
      const detail = detailOf(entry, twin && names.get(twin.id), twin?.distance ?? 0)
      await dropped.write({ id: entry.id, reason: fate, detail } satisfies DroppedRecord)
    }
    at++
  }
  await Promise.all([manifest.close(), dropped.close(), thumbnails.close()])
  const header: DatasetHeader = {
    format: datasetFormat,
    version: datasetVersion,
    roots: given.roots.map(({ path, source, layout }, root) => ({
      path: pathFrom(out, path),
      source,
      layout,
      classes: classes.of(root),
    })),
    options: { ...options },
    ...(given.thermalRange ? { thermalRange: [...given.thermalRange] } : {}),
    counts,
  }
  const text = await writeJsonLines(part(datasetFiles.header))
  await text.write(header)
  await text.close()
  if (given.parquet) await writeParquet(part(datasetFiles.manifest), part(datasetFiles.parquet))
  // The header goes first and comes last: whoever stops in between leaves no dataset, not a mixed one.
  // A division that was stopped has nothing to end any more.
  for (const name of [datasetFiles.header, pendingName(datasetFiles.header)])
    await rm(join(out, name), { force: true })
  if (!given.parquet) await rm(join(out, datasetFiles.parquet), { force: true })
  for (const [key, name] of Object.entries(datasetFiles))
    if (key !== 'parquet' || given.parquet) await rename(part(name), join(out, name))
  return header
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1
}

/** Samples that others look like, by number: their names are kept as they come by. */
function twinsOf({ samples, fate, like }: Selection): Map<number, string> {
  const names = new Map<number, string>()
  for (let at = 0; at < samples; at++) {
    const twin = fate(at) === 'duplicate' ? like(at) : undefined
    if (twin) names.set(twin.id, '')
  }
  return names
}
