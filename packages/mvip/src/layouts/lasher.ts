import { below, type Folder } from './folder'
import type { Layout, ListedAnnotation, Split } from './layout'
import { annotated, pairFolders, plainStem, type StemOf, withSplit } from './match'

/** Frames are called `v000` and `i000`: what counts is the number. */
const number: StemOf = (name) => /(\d+)$/.exec(plainStem(name)!)?.[1]

const isSequence = (folder: Folder, path: string) =>
  folder.has(below(path, 'visible'), below(path, 'infrared')) &&
  folder.files(below(path, 'visible'), new Set(['.jpg', '.png'])).length > 0

const sets: readonly (readonly [string, Split | undefined])[] = [
  ['', undefined],
  ['trainingset', 'train'],
  ['TrainingSet', 'train'],
  ['testingset', 'test'],
  ['TestingSet', 'test'],
]

function* sequences(folder: Folder): Generator<{ path: string; split: Split | undefined }> {
  for (const [set, split] of sets)
    for (const name of folder.folders(set))
      if (isSequence(folder, below(set, name))) yield { path: below(set, name), split }
}

/** LasHeR tracking sequences: `SEQ/visible/v000.jpg`, `SEQ/infrared/i000.jpg`, one box a frame in three text files. */
export const lasher: Layout = {
  name: 'lasher',
  looksFor: '[trainingset/]SEQUENCE/visible/v*.jpg + infrared/i*.jpg',
  recognises: (folder) => !sequences(folder).next().done,
  *list(folder) {
    for (const { path, split } of sequences(folder)) {
      const tracks: ListedAnnotation[] = []
      for (const [name, of] of [
        ['visible.txt', 'vi'],
        ['infrared.txt', 'ir'],
      ] as const) {
        const file = below(path, name)
        if (folder.has(file)) tracks.push({ kind: 'track', path: file, of })
        else folder.report(file, 'missing: the sequence has no boxes for this modality')
      }
      const pairs = [
        ...pairFolders(folder, below(path, 'visible'), below(path, 'infrared'), {
          viStem: number,
          irStem: number,
        }),
      ].sort((a, b) => Number(a.stem) - Number(b.stem)) // v999 before v1000
      for (const { stem, vi, ir } of pairs) {
        yield {
          stem: below(path, stem),
          vi,
          ir,
          sequence: path,
          frame: Number(stem),
          ...withSplit(split),
          ...annotated(tracks),
        }
      }
    }
  },
}
