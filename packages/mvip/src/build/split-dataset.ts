import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeJsonLines } from '../manifest/json-lines'
import { type Dataset, datasetFiles, datasetFolder, openDataset } from '../manifest/open-dataset'
import { writeParquet } from '../manifest/parquet'
import type { DatasetHeader } from '../manifest/record'
import { lockFolder } from '../output/folder-lock'
import { finishReplacing, replaceTogether } from '../output/replace-together'
import { checkShares, type SplitShares, splitGroups } from './split-sequences'

const replaced = [datasetFiles.manifest, datasetFiles.parquet]

/**
 * Divides a dataset anew, by sequence: no scene is in two splits. Rewrites `manifest.jsonl`, its Parquet copy where
 * there is one, and `dataset.json`, all or none. Near-duplicates that joined sequences when it was built are dropped by
 * then, so that sequences are independent. A division that was stopped while it replaced the files is ended first.
 * @param path Folder of the dataset.
 * @throws Error where it is none, shares do not add up to one, or another process writes there.
 */
export async function splitDataset(path: string, shares: SplitShares, seed: number): Promise<DatasetHeader> {
  checkShares(shares)
  const folder = datasetFolder(path)
  const unlock = await lockFolder(folder)
  try {
    await finishReplacing(folder, replaced, datasetFiles.header)
    return await divide(openDataset(path), shares, seed)
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
  const changed: DatasetHeader = {
    ...header,
    counts,
    options: { ...header.options, shares, seed, splits: 'sequence' },
  }
  await replaceTogether(folder, replaced, datasetFiles.header, async (part) => {
    const manifest = part(datasetFiles.manifest)
    const out = await writeJsonLines(manifest)
    try {
      for await (const record of records()) {
        const split = splitOf.get(record.sequence)!
        counts[`split ${split}`] = (counts[`split ${split}`] ?? 0) + 1
        await out.write({ ...record, split })
      }
    } finally {
      await out.close()
    }
    if (existsSync(join(folder, datasetFiles.parquet)))
      await writeParquet(manifest, part(datasetFiles.parquet))
    await writeFile(part(datasetFiles.header), `${JSON.stringify(changed)}\n`)
  })
  return changed
}
