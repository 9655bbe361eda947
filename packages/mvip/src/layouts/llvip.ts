import { below } from './folder'
import type { Layout } from './layout'
import { annotated, annotationsIn, pairFolders } from './match'

/** LLVIP: two fixed cameras at 26 places, numbered by the first two digits; nearly all of it by night. */
export const llvip: Layout = {
  name: 'llvip',
  looksFor: '{visible,infrared}/{train,test}/',
  recognises: (folder) =>
    folder.has('visible/train', 'infrared/train') || folder.has('visible/test', 'infrared/test'),
  *list(folder) {
    const boxes = annotationsIn(folder, folder.pick('', 'Annotations'), 'voc')
    const known = new Set<string>()
    for (const split of ['train', 'test'] as const) {
      for (const { stem, vi, ir } of pairFolders(folder, below('visible', split), below('infrared', split))) {
        known.add(stem)
        const numbered = /^(\d\d)(\d{4})$/.exec(stem)
        yield {
          stem: below(split, stem),
          vi,
          ir,
          split,
          ...(numbered && { sequence: `place-${numbered[1]}`, frame: Number(numbered[2]) }),
          ...annotated(boxes.get(stem)),
        }
      }
    }
    boxes.orphans(known)
  },
}
