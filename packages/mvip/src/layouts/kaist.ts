import { below, type Folder } from './folder'
import type { Layout } from './layout'
import { annotated, annotationsIn, pairFolders } from './match'

const isSet = (name: string) => /^set\d\d$/.test(name)
const home = (folder: Folder): string | undefined =>
  ['', 'images'].find((path) => folder.folders(path).some(isSet))

/** Where annotations may lie; the re-labelled ones first. */
const annotationFolders = [
  'annotations',
  'annotations-xml-new-sanitized',
  'annotations-xml-new',
  'annotations-xml',
]

/** `annotations/setNN/VNNN.vbb`, as KAIST was published, is no folder of files for frames. */
const holdsFrames = (folder: Folder, path: string): boolean =>
  folder.folders(path).some((set) => folder.folders(below(path, set)).length > 0)

/** By day: campus, road, downtown; by night the same (rgbt-ped-detection README). */
const daySets = new Set(['00', '01', '02', '06', '07', '08'])

/** KAIST multispectral pedestrians: `setNN/VNNN/{visible,lwir}/INNNNN.jpg`; sets 00-05 train, 06-11 test. */
export const kaist: Layout = {
  name: 'kaist',
  looksFor: '[images/]setNN/VNNN/visible/ + lwir/',
  recognises: (folder) => home(folder) !== undefined,
  *list(folder) {
    const root = home(folder) ?? ''
    const notes = annotationFolders.find((name) => holdsFrames(folder, name))
    for (const set of folder.folders(root).filter(isSet)) {
      const number = set.slice(3)
      for (const video of folder.folders(below(root, set))) {
        const path = below(root, set, video)
        const sequence = below(set, video)
        const xml = annotationsIn(folder, notes && below(notes, sequence), 'voc')
        const text = annotationsIn(folder, notes && below(notes, sequence), 'kaist')
        for (const { stem, vi, ir } of pairFolders(folder, below(path, 'visible'), below(path, 'lwir'))) {
          yield {
            stem: below(sequence, stem),
            vi,
            ir,
            sequence,
            frame: Number(/\d+$/.exec(stem)?.[0] ?? 0),
            split: Number(number) < 6 ? 'train' : 'test',
            time: daySets.has(number) ? 'day' : 'night',
            ...annotated([...xml.get(stem), ...text.get(stem)]),
          }
        }
      }
    }
  },
}
