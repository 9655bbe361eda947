import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { type Dataset, datasetFiles } from './open-dataset'
import { parquetColumns, rowGroup } from './parquet'
import type { ManifestRecord } from './record'

/**
 * Compares a dataset's Parquet copy, where there is one, with its manifest, a row group at a time.
 * @throws Error naming the file where it cannot be read or says something else: which row and column.
 */
export async function checkParquet({ folder, manifest, records }: Dataset): Promise<void> {
  const file = join(folder, datasetFiles.parquet)
  if (!existsSync(file)) return
  const remedy = 'univ-mvip build --parquet writes it again'
  const readable = <T>(work: Promise<T>): Promise<T> =>
    work.catch(({ message }: Error) => {
      throw new Error(`${file}: cannot be read as Parquet (${message.split('\n')[0]}); ${remedy}`)
    })
  const buffer = await readable(asyncBufferFromFile(file))
  const metadata = await readable(parquetMetadataAsync(buffer))
  const total = Number(metadata.num_rows)
  let [row, group]: [number, readonly Record<string, unknown>[]] = [0, []]
  for await (const record of records()) {
    const at = row % rowGroup
    if (at === 0 && row < total)
      group = await readable(
        parquetReadObjects({
          file: buffer,
          metadata,
          rowStart: row,
          rowEnd: Math.min(total, row + rowGroup),
        }),
      )
    if (row < total) {
      const found = differing(record, group[at] ?? {})
      if (found) throw new Error(`${file}: row ${row + 1} (${record.id}): ${found}; ${remedy}`)
    }
    row++
  }
  if (row !== total) throw new Error(`${file}: has ${total} rows, and ${manifest} ${row} lines; ${remedy}`)
}

/** The first column that says something else than the line. */
function differing(record: ManifestRecord, row: Readonly<Record<string, unknown>>): string | undefined {
  for (const { name, of } of parquetColumns) {
    const [wanted, found] = [of(record) ?? null, row[name] ?? null]
    if (found === wanted) continue
    return `${name} is ${typeof found === 'bigint' ? found : JSON.stringify(found)}, the manifest has ${JSON.stringify(wanted)}`
  }
  return undefined
}
