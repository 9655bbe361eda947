import { below, type Folder } from './folder'
import type { Layout } from './layout'
import { annotated, annotationsIn, pairFolders, splitNames } from './match'

const homes = (folder: Folder) =>
  splitNames.filter(([name]) => folder.has(below(name, 'Infrared'), below(name, 'Visible')))

/** FMB: `{train,test}/{Infrared,Visible,Label,color}`; `color` is the label map painted (SegMiF). */
export const fmb: Layout = {
  name: 'fmb',
  looksFor: '{train,test}/Visible/ + Infrared/ (+ Label/)',
  recognises: (folder) => homes(folder).length > 0,
  *list(folder) {
    for (const [name, split] of homes(folder)) {
      const maps = annotationsIn(folder, folder.pick(name, 'Label'), 'label-map')
      for (const { stem, vi, ir } of pairFolders(folder, below(name, 'Visible'), below(name, 'Infrared')))
        yield { stem: below(name, stem), vi, ir, split, ...annotated(maps.get(stem)) }
    }
  },
}
