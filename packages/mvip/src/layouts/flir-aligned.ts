import { below, type Folder } from './folder'
import type { Layout } from './layout'
import { annotated, annotationsIn, pairFolders, plainStem, splitLists, stemBefore, withSplit } from './match'

const home = (folder: Folder): string | undefined =>
  ['.', 'align'].find((name) =>
    folder
      .files(below(name, 'JPEGImages'), new Set(['.jpeg', '.jpg']))
      .some((file) => /_PreviewData\.jpe?g$/.test(file)),
  )

/**
 * FLIR-aligned: both modalities in one folder, told apart by suffix (Multispectral-Pedestrian-Detection-Resource).
 * The boxes are the thermal image's.
 */
export const flirAligned: Layout = {
  name: 'flir-aligned',
  looksFor: '[align/]JPEGImages/FLIR_*_RGB.jpg + FLIR_*_PreviewData.jpeg',
  recognises: (folder) => home(folder) !== undefined,
  *list(folder) {
    const root = home(folder) ?? '.'
    const images = below(root, 'JPEGImages')
    const thermal = stemBefore('_PreviewData')
    const boxes = annotationsIn(folder, below(root, 'Annotations'), 'voc', { stemOf: thermal, of: 'ir' })
    const lists = { train: below(root, 'align_train.txt'), test: below(root, 'align_validation.txt') }
    const splits = splitLists(folder, lists, (name) => plainStem(name)!.replace(/_(PreviewData|RGB)$/, ''))
    for (const pair of pairFolders(folder, images, images, { viStem: stemBefore('_RGB'), irStem: thermal }))
      yield { ...pair, ...withSplit(splits.get(pair.stem)), ...annotated(boxes.get(pair.stem)) }
  },
}
