import type { Folder } from './folder'
import type { Layout } from './layout'
import { annotated, annotationsIn, pairFolders, splitLists, withSplit } from './match'

const parts = (folder: Folder) => ({
  vi: folder.pick('', 'Vis', 'vi', 'visible'),
  ir: folder.pick('', 'Ir', 'infrared'),
  boxes: folder.pick('', 'Annotation', 'Annotations'),
  lines: folder.has('meta') ? folder.pick('', 'labels') : undefined,
})

/** M3FD: `Vis`, `Ir`, `Annotation` (VOC), or TarDAL's `vi`, `ir`, `labels` (YOLO), `meta/{train,val,pred}.txt`. */
export const m3fd: Layout = {
  name: 'm3fd',
  looksFor: 'Vis/ + Ir/ + Annotation/, or vi/ + ir/ + labels/ + meta/',
  recognises: (folder) => {
    const { vi, ir, boxes, lines } = parts(folder)
    return Boolean(vi && ir && (boxes || lines))
  },
  *list(folder) {
    const { vi, ir, boxes, lines } = parts(folder)
    const splits = splitLists(folder, { train: 'meta/train.txt', val: 'meta/val.txt', test: 'meta/pred.txt' })
    const voc = annotationsIn(folder, boxes, 'voc')
    const yolo = annotationsIn(folder, lines, 'yolo')
    for (const pair of pairFolders(folder, vi ?? 'Vis', ir ?? 'Ir')) {
      const split = withSplit(splits.get(pair.stem))
      yield { ...pair, ...split, ...annotated([...voc.get(pair.stem), ...yolo.get(pair.stem)]) }
    }
  },
}
