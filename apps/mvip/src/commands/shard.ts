import { command, counted, flag, text, toggle, wholeNumber, withProgress } from '@univ/command-line'
import { indexShards, writeShards } from '@univ/mvip'
import { dataset, splitKind } from '../dataset-flags'

export default command({
  name: 'shard',
  description: 'pack a dataset into WebDataset tars with an index',
  operands: dataset,
  flags: {
    out: flag(text, { description: 'folder of the shards', valueHint: 'DIR' }),
    split: flag(splitKind, { description: 'train, val or test; default: all', valueHint: 'NAME' }),
    pairs: flag(wholeNumber(), {
      default: '1000',
      description: 'pairs in a shard at most',
      valueHint: 'N',
    }),
    index: toggle({
      default: false,
      description: 'pack nothing: index the tars that lie in the folder given',
    }),
  },
  async run({ out, split, pairs: most, index }, { operands: [folder = ''] }) {
    if (index) {
      const { pairs, shards } = await indexShards(folder)
      return console.log(`${folder}: ${counted(pairs, 'pair')} in ${counted(shards.length, 'shard')}`)
    }
    if (out === undefined) throw new Error('where to? univ-mvip shard DATASET --out DIR')
    const { pairs, shards } = await withProgress(
      'packing',
      (onProgress) => writeShards(folder, { out, split, pairs: most, onProgress }),
      { unit: 'pairs' },
    )
    console.log(`written: ${counted(pairs, 'pair')} in ${counted(shards.length, 'shard')}, ${out}`)
  },
})
