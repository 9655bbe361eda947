import { msrsClasses } from '../synthetic/scene-types'
import { below, type Folder } from './folder'
import type { Layout } from './layout'
import { annotated, annotationsIn, pairFolders, splitNames, timeBySuffix } from './match'

const homes = (folder: Folder) =>
  splitNames.filter(([name]) => folder.has(below(name, 'vi'), below(name, 'ir')))

/** MSRS: `{train,test}/{vi,ir,Segmentation_labels}`, boxes of some images under `detection/labels` (Tang's README). */
export const msrs: Layout = {
  name: 'msrs',
  looksFor: '{train,test}/vi/ + ir/ (+ Segmentation_labels/)',
  classes: { 'label-map': msrsClasses },
  someBoxes: true,
  recognises: (folder) => homes(folder).length > 0,
  *list(folder) {
    const boxes = annotationsIn(folder, folder.pick('detection', 'labels'), 'yolo')
    for (const [name, split] of homes(folder)) {
      const own = annotationsIn(folder, folder.pick(name, 'labels'), 'yolo')
      const maps = annotationsIn(folder, folder.pick(name, 'Segmentation_labels'), 'label-map')
      for (const { stem, vi, ir } of pairFolders(folder, below(name, 'vi'), below(name, 'ir'))) {
        const seen = own.get(stem)
        yield {
          stem: below(name, stem),
          vi,
          ir,
          split,
          ...timeBySuffix(stem),
          ...annotated([...maps.get(stem), ...(seen.length > 0 ? seen : boxes.get(stem))]),
        }
      }
    }
  },
}
