import { existsSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeJsonLines } from '../manifest/json-lines'
import { type Dataset, datasetFiles, openDataset } from '../manifest/open-dataset'
import { writeParquet } from '../manifest/parquet'
import type { DatasetHeader } from '../manifest/record'
import { lockFolder } from '../output/folder-lock'
import { type SplitShares, splitGroups } from './split-sequences'

/**
 * Divides a dataset anew, by sequence: no scene is in two splits. Rewrites `manifest.jsonl`, its Parquet copy where
 * there is one, and `dataset.json`. Near-duplicates that joined sequences when it
 * was built are dropped by then, so that sequences are independent.
 * @param path Folder of the dataset.
 * @throws Error where it is none, or another process writes there.
 */
export async function splitDataset(path: string, shares: SplitShares, seed: number): Promise<DatasetHeader> {
  const dataset = openDataset(path)
  const unlock = await lockFolder(dataset.folder)
  try {
    return await divide(dataset, shares, seed)
  } finally {
    await unlock()
  }
}

async function divide(
  { folder, header, records }: Dataset,
  shares: SplitShares,
  seed: number,
): Promise<DatasetHeader> {
  const sizes = new Map<string, number>()
  for await (const { sequence } of records()) sizes.set(sequence, (sizes.get(sequence) ?? 0) + 1)
  const groups = [...sizes].map(([name, pairs]) => ({ name, pairs }))
  const splits = splitGroups(groups, shares, seed)
  const splitOf = new Map(groups.map(({ name }, i) => [name, splits[i]!]))
  const counts = Object.fromEntries(
    Object.entries(header.counts).filter(([name]) => !name.startsWith('split ')),
  )
  const [manifest, parquet, head] = [datasetFiles.manifest, datasetFiles.parquet, datasetFiles.header].map(
    (name) => join(folder, name),
  ) as [string, string, string]
  const part = (file: string) => `${file}.part`
  const out = await writeJsonLines(part(manifest))
  for await (const record of records()) {
    const split = splitOf.get(record.sequence)!
    counts[`split ${split}`] = (counts[`split ${split}`] ?? 0) + 1
    await out.write({ ...record, split })
  }
  await out.close()
  const changed: DatasetHeader = {
    ...header,
    counts,
    options: { ...header.options, shares, seed, splits: 'sequence' },
  }
  await writeFile(part(head), `${JSON.stringify(changed)}\n`)
  const files = existsSync(parquet) ? [manifest, parquet, head] : [manifest, head]
  if (existsSync(parquet)) await writeParquet(part(manifest), part(parquet))
  // All is written before anything is replaced; whoever stops in between divides again and gets the same.
  for (const file of files) await rename(part(file), file)
  return changed
}
