import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeJsonLines } from '../manifest/json-lines'
import { datasetFiles, openDataset } from '../manifest/open-dataset'
import type { DatasetHeader } from '../manifest/record'
import { type SplitShares, splitGroups } from './split-sequences'

/**
 * Divides a dataset anew, by sequence: no scene is in two splits. Rewrites `manifest.jsonl` and `dataset.json`; a
 * Parquet copy is not rewritten (`univ-mvip build --parquet` makes it). Near-duplicates that joined sequences when it
 * was built are dropped by then, so that sequences are independent.
 * @param path Folder of the dataset.
 */
export async function splitDataset(path: string, shares: SplitShares, seed: number): Promise<DatasetHeader> {
  const { folder, header, records } = openDataset(path)
  const sizes = new Map<string, number>()
  for await (const { sequence } of records()) sizes.set(sequence, (sizes.get(sequence) ?? 0) + 1)
  const groups = [...sizes].map(([name, pairs]) => ({ name, pairs }))
  const splits = splitGroups(groups, shares, seed)
  const splitOf = new Map(groups.map(({ name }, i) => [name, splits[i]!]))
  const counts = Object.fromEntries(
    Object.entries(header.counts).filter(([name]) => !name.startsWith('split ')),
  )
  const part = join(folder, `${datasetFiles.manifest}.part`)
  const out = await writeJsonLines(part)
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
  await rename(part, join(folder, datasetFiles.manifest))
  await writeFile(join(folder, datasetFiles.header), `${JSON.stringify(changed)}\n`)
  return changed
}
