import { below, imageFiles } from './folder'
import type { Layout } from './layout'
import { annotated, splitNames } from './match'

/** ADE20K-style folders: `images/{training,validation}/…`, label maps at the same place under `annotations/`. */
export const ade20k: Layout = {
  name: 'ade20k',
  looksFor: 'images/training/ + annotations/training/',
  recognises: (folder) =>
    splitNames.some(([name]) => folder.has(below('images', name), below('annotations', name))),
  *list(folder) {
    for (const [name, split] of splitNames) {
      if (!folder.has(below('images', name))) continue
      for (const path of folder.deepFiles(below('images', name), imageFiles)) {
        const stem = path.slice('images/'.length).replace(/\.[^.]*$/, '')
        const map = below('annotations', `${stem}.png`)
        const there = folder.has(map)
        if (!there) folder.report(path, `no label map ${map}`)
        yield { stem, vi: { path }, split, ...annotated(there ? [{ kind: 'label-map', path: map }] : []) }
      }
    }
  },
}
