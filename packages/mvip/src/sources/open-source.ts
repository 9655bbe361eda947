import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Split } from '../layouts/layout'
import { datasetFiles } from '../manifest/open-dataset'
import { listPairs } from '../pairs'
import { shardFiles } from '../shards/shard-index'
import { manifestSource } from './manifest-source'
import { folderSource, type PairSource } from './pair-source'
import { shardSource } from './shard-source'

/**
 * Opens whatever lies there: a built dataset, a folder of shards, or folders of pairs.
 * @param split Of a dataset; shards are packed by split, folders know none.
 * @throws Error where it is none of them.
 */
export async function openSource(path: string, split?: Split): Promise<PairSource> {
  if (existsSync(join(path, datasetFiles.header))) return manifestSource(path, split)
  if (existsSync(join(path, shardFiles.members))) return shardSource(path)
  return folderSource(listPairs(path).pairs)
}
