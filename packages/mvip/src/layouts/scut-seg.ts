import type { Layout } from './layout'
import { annotated, annotationsIn, filesByStem, splitLists, withSplit } from './match'

/** SCUT-Seg: infrared only, `images/`, `gt_instance/`, `scut_{train,val}.txt` (MCNet README); sparse class ids. */
export const scutSeg: Layout = {
  name: 'scut-seg',
  looksFor: 'images/ + gt_instance/',
  recognises: (folder) => folder.has('images', 'gt_instance'),
  *list(folder) {
    const splits = splitLists(folder, { train: 'scut_train.txt', val: 'scut_val.txt' })
    const maps = annotationsIn(folder, 'gt_instance', 'instance-map')
    for (const [stem, path] of filesByStem(folder, 'images'))
      yield { stem, ir: { path }, ...withSplit(splits.get(stem)), ...annotated(maps.get(stem)) }
  },
}
