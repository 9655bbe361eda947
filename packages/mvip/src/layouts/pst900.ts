import { below, type Folder } from './folder'
import type { Layout } from './layout'
import { annotated, annotationsIn, pairFolders, splitNames } from './match'

const thermal = (folder: Folder, name: string) => folder.pick(name, 'thermal', 'thermal_raw')
const homes = (folder: Folder) =>
  splitNames.filter(([name]) => folder.has(below(name, 'rgb')) && thermal(folder, name))

/** PST900: `{train,test}/{rgb,thermal,thermal_raw,depth,labels}`; the 8-bit thermal images unless only the raw are there. */
export const pst900: Layout = {
  name: 'pst900',
  looksFor: '{train,test}/rgb/ + thermal/ (+ labels/)',
  recognises: (folder) => homes(folder).length > 0,
  *list(folder) {
    for (const [name, split] of homes(folder)) {
      const maps = annotationsIn(folder, folder.pick(name, 'labels'), 'label-map')
      for (const { stem, vi, ir } of pairFolders(folder, below(name, 'rgb'), thermal(folder, name)!))
        yield { stem: below(name, stem), vi, ir, split, ...annotated(maps.get(stem)) }
    }
  },
}
