import { join } from 'node:path'
import { openShardIndex, shardFiles, shardPair } from '../shards/shard-index'
import { indexLines } from './line-index'
import type { PairSource } from './pair-source'

/**
 * The pairs of a folder of shards, each read from its place in its tar. A loader mixes eight shards at a time, so that
 * it reads from few files.
 * @throws Error where the index is missing or does not fit the members.
 */
export async function shardSource(folder: string): Promise<PairSource> {
  const { shards, pairs } = openShardIndex(folder)
  const members = join(folder, shardFiles.members)
  const lines = await indexLines(members)
  if (lines.count !== pairs)
    throw new Error(`${members} has ${lines.count} lines and the index tells of ${pairs} pairs: index anew`)
  const blocks: number[] = []
  let first = 0
  for (const shard of shards) {
    blocks.push(first)
    first += shard.pairs
  }
  return {
    count: pairs,
    blocks,
    pair(index) {
      const { success, data, error } = shardPair.safeParse(JSON.parse(lines.line(index)))
      if (!success) throw new Error(`${members}: line ${index + 1}: ${error.issues[0]?.message}`)
      const { id, source, shard, vi, ir, time } = data
      const tar = shards[shard]
      if (!tar)
        throw new Error(`${members}: line ${index + 1} names shard ${shard}, there are ${shards.length}`)
      const at = ([offset, length]: readonly [number, number]) => {
        if (offset + length > tar.bytes)
          throw new Error(`${members}: line ${index + 1} leads past the end of ${tar.file}`)
        return { file: join(folder, tar.file), range: { offset, length } }
      }
      return { id, source, vi: at(vi), ir: at(ir), ...(time && { time }) }
    },
    close: lines.close,
  }
}
