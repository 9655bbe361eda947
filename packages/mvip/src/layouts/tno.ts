import { below, type Folder } from './folder'
import type { Layout } from './layout'
import { pairFolders, splitLists, withSplit } from './match'

const home = (folder: Folder) =>
  ['.', 'tno'].find((path) => folder.has(...['vi', 'ir', 'meta'].map((name) => below(path, name))))

/** TNO as TarDAL repacks it: `[tno/]{ir,vi,meta}`. */
export const tno: Layout = {
  name: 'tno',
  looksFor: '[tno/]vi/ + ir/ + meta/',
  recognises: (folder) => home(folder) !== undefined,
  *list(folder) {
    const root = home(folder) ?? '.'
    const lists = { train: 'meta/train.txt', val: 'meta/val.txt', test: 'meta/pred.txt' } as const
    const splits = splitLists(folder, {
      train: below(root, lists.train),
      val: below(root, lists.val),
      test: below(root, lists.test),
    })
    for (const pair of pairFolders(folder, below(root, 'vi'), below(root, 'ir')))
      yield { ...pair, ...withSplit(splits.get(pair.stem)) }
  },
}
