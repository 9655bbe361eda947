import { basename } from 'node:path'
import { below, type Folder } from './folder'
import type { Layout } from './layout'
import { pairFolders } from './match'

const [visible, infrared] = ['vi_images/training', 'images/training']

const sources = (folder: Folder): string[] =>
  ['.', ...folder.folders()].filter((name) => folder.has(below(name, visible), below(name, infrared)))

/** MVIP as released: five sources, each with equal names in two folders (UNIV's README and `datasets.py`). */
export const mvip: Layout = {
  name: 'mvip',
  looksFor: `SOURCE/${visible}/ + SOURCE/${infrared}/`,
  recognises: (folder) => sources(folder).length > 0,
  *list(folder) {
    for (const name of sources(folder)) {
      const source = name === '.' ? basename(folder.root) : name
      for (const pair of pairFolders(folder, below(name, visible), below(name, infrared)))
        yield { ...pair, source }
    }
  },
}
