import { below, type Folder } from './folder'
import type { Layout } from './layout'
import { annotated, annotationsIn, filesByStem, isCopy, splitLists, withSplit } from './match'

const home = (folder: Folder): string | undefined =>
  ['InfraredSemanticLabel', '.'].find(
    (path) =>
      folder.has(below(path, 'JPEGImages')) &&
      folder.pick(path, 'SegmentationClassPNG', 'SegmentationClassOne'),
  )

/** SODA: infrared only, `InfraredSemanticLabel/{JPEGImages,SegmentationClassPNG or …One}`; copies are left out. */
export const soda: Layout = {
  name: 'soda',
  looksFor: '[InfraredSemanticLabel/]JPEGImages/ + SegmentationClassPNG/ or SegmentationClassOne/',
  recognises: (folder) => home(folder) !== undefined,
  *list(folder) {
    const root = home(folder) ?? '.'
    const listed = ['.', root].find((path) => folder.has(below(path, 'train_infrared.txt'))) ?? '.'
    const splits = splitLists(folder, {
      train: below(listed, 'train_infrared.txt'),
      test: below(listed, 'test_infrared.txt'),
    })
    // The class ids of either folder are the same; `One` is the single-channel copy.
    const path = folder.pick(root, 'SegmentationClassOne', 'SegmentationClassPNG')
    const maps = annotationsIn(folder, path, 'label-map')
    for (const [stem, path] of filesByStem(folder, below(root, 'JPEGImages'))) {
      if (isCopy(stem)) folder.report(path, 'a copy of another image')
      else yield { stem, ir: { path }, ...withSplit(splits.get(stem)), ...annotated(maps.get(stem)) }
    }
  },
}
