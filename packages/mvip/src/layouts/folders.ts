import type { Folder } from './folder'
import type { Layout } from './layout'
import {
  annotated,
  annotationsIn,
  filesByStem,
  pairFolders,
  splitLists,
  timeBySuffix,
  withSplit,
} from './match'

const names = { vi: ['vi', 'visible', 'rgb', 'vis'], ir: ['ir', 'infrared', 'thermal', 'lwir'] } as const
/** Where a folder of pairs has the images of each modality. */
export const imagePlaces = (folder: Folder) => ({
  vi: folder.pick('', ...names.vi),
  ir: folder.pick('', ...names.ir),
})

/** Anyone's own set: two folders of equal names, or one of them; label maps or boxes in `labels`, boxes in `boxes`. */
export const folders: Layout = {
  name: 'folders',
  looksFor: `${names.vi.join('/ or ')}/ + ${names.ir.join('/ or ')}/ (either alone, too)`,
  recognises: (folder) => {
    const { vi, ir } = imagePlaces(folder)
    return vi !== undefined || ir !== undefined
  },
  *list(folder) {
    const { vi, ir } = imagePlaces(folder)
    const splits = splitLists(folder, { train: 'train.txt', val: 'val.txt', test: 'test.txt' })
    const notes = [
      annotationsIn(folder, folder.pick('', 'labels'), 'label-map'),
      annotationsIn(folder, folder.pick('', 'labels'), 'yolo'),
      annotationsIn(folder, folder.pick('', 'boxes'), 'yolo'),
    ]
    const samples =
      vi && ir
        ? pairFolders(folder, vi, ir)
        : [...filesByStem(folder, (vi ?? ir)!)].map(([stem, path]) => ({
            stem,
            [vi ? 'vi' : 'ir']: { path },
          }))
    for (const sample of samples) {
      const { stem } = sample
      const all = annotated(notes.flatMap(({ get }) => get(stem)))
      yield { ...sample, ...withSplit(splits.get(stem)), ...timeBySuffix(stem), ...all }
    }
  },
}
