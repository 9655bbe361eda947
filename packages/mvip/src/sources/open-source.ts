import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Split } from '../layouts/layout'
import { datasetFiles } from '../manifest/open-dataset'
import { checkFinished } from '../output/folder-lock'
import { type ListPairsOptions, listPairs, type PairProblem } from '../pairs'
import { refuseUnindexed, shardFiles } from '../shards/shard-index'
import { manifestSource } from './manifest-source'
import { folderSource, type PairSource } from './pair-source'
import { shardSource } from './shard-source'

/** Which pairs of a source are wanted. */
export interface SourceOptions extends ListPairsOptions {
  /** Of a built dataset; default: all of it. Shards are packed by split, folders know none: `train` is all of them. */
  readonly split?: Split
  /** Told of every file that makes no pair, where such files are skipped. */
  readonly onProblem?: (problem: PairProblem) => void
}

/**
 * Opens whatever lies there: a built dataset, a folder of shards, or folders of pairs.
 * @throws Error where it is none of them, is half-written, has no such split, or a list of stems is given for shards.
 */
export async function openSource(path: string, options: SourceOptions = {}): Promise<PairSource> {
  const { split, only, onProblem } = options
  if (existsSync(join(path, datasetFiles.header))) return manifestSource(path, { split, only })
  const packed = existsSync(join(path, shardFiles.members))
  if (split !== undefined && split !== 'train')
    throw new Error(
      `${path}: split ${split} is wanted, and ${packed ? 'shards hold the one that they were packed from' : 'folders of pairs have none'}`,
    )
  if (packed) {
    if (only)
      throw new Error(`${path}: shards are read whole; pack the pairs of the list alone, or use the dataset`)
    return shardSource(path)
  }
  refuseUnindexed(path)
  checkFinished(path)
  const { pairs, problems } = listPairs(path, options)
  if (onProblem) problems.forEach(onProblem)
  return folderSource(pairs)
}
