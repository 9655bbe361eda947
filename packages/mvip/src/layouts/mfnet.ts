import { join } from 'node:path'
import { textOf } from '../read-text'
import { msrsClasses } from '../synthetic/scene-types'
import type { Layout } from './layout'
import { annotated, annotationsIn, filesByStem, isCopy, splitLists, timeBySuffix, withSplit } from './match'

/**
 * MFNet: one RGBA file a pair, the fourth channel thermal (haqishen/MFNet-pytorch). Mirrored, `(1)` and `~temp`
 * copies and the stems of `black_list.txt` are left out.
 */
export const mfnet: Layout = {
  name: 'mfnet',
  looksFor: 'images/*.png (RGBA, names ending in D or N) + labels/ + train.txt',
  classes: { 'label-map': msrsClasses }, // MSRS took them over
  recognises: (folder) =>
    folder.has('images', 'labels', 'train.txt') &&
    folder.files('images', new Set(['.png'])).some((name) => /\d[DN]\.png$/.test(name)),
  *list(folder) {
    const lists = { train: 'train.txt', val: 'val.txt', test: 'test.txt' }
    const splits = splitLists(folder, lists)
    const banned = folder.has('black_list.txt')
      ? new Set(textOf(join(folder.root, 'black_list.txt')).split(/\s+/))
      : new Set<string>()
    const maps = annotationsIn(folder, 'labels', 'label-map')
    for (const [stem, path] of filesByStem(folder, 'images', { extensions: new Set(['.png']) })) {
      if (isCopy(stem)) folder.report(path, 'a copy of another image')
      else if (banned.has(stem)) folder.report(path, 'listed in black_list.txt')
      else {
        yield {
          stem,
          vi: { path },
          ir: { path, channels: 'alpha' },
          ...withSplit(splits.get(stem)),
          ...timeBySuffix(stem),
          ...annotated(maps.get(stem)),
        }
      }
    }
  },
}
