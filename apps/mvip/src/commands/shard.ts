import { indexShards, writeShards } from '@univ/mvip'
import { defineCommand } from 'citty'
import { checkFlags, oneOf, onlyDataset, wholeOf } from '../arguments'
import { progressBar } from '../progress'

const args = {
  out: { type: 'string', description: 'folder of the shards', valueHint: 'DIR' },
  split: { type: 'string', description: 'train, val or test; default: all', valueHint: 'NAME' },
  pairs: { type: 'string', default: '1000', description: 'pairs in a shard at most', valueHint: 'N' },
  index: { type: 'boolean', description: 'pack nothing: index the tars that lie in the folder given' },
} as const

export default defineCommand({
  meta: { name: 'univ-mvip shard DATASET', description: 'pack a dataset into WebDataset tars with an index' },
  args,
  async run({ args: given, rawArgs }) {
    checkFlags(rawArgs, args)
    const folder = onlyDataset('shard', given._)
    if (given.index) {
      const { pairs, shards } = await indexShards(folder)
      return console.log(`${folder}: ${pairs} pairs in ${shards.length} shards`)
    }
    if (!given.out) throw new Error('where to? univ-mvip shard DATASET --out DIR')
    const bar = progressBar('packing')
    const { pairs, shards } = await writeShards(folder, {
      out: given.out,
      split: given.split === undefined ? undefined : oneOf('split', given.split, ['train', 'val', 'test']),
      pairs: wholeOf('pairs', given.pairs, 1),
      onProgress: bar.at,
    }).finally(bar.end)
    console.log(`written: ${pairs} pairs in ${shards.length} shards, ${given.out}`)
  },
})
