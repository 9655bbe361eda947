import type { Layout } from './layout'
import { annotated, annotationsIn, pairFolders, timeBySuffix } from './match'

/** Our synthetic benchmark (`univ-mvip synthetic`): `SEQUENCE_FRAME[DN].png` in `vi/` and `ir/`, beside `truth.jsonl`. */
export const benchmark: Layout = {
  name: 'benchmark',
  looksFor: 'truth.jsonl + vi/ + ir/',
  recognises: (folder) => folder.has('truth.jsonl', 'vi', 'ir'),
  *list(folder) {
    const maps = annotationsIn(folder, folder.pick('', 'labels'), 'label-map')
    const boxes = annotationsIn(folder, folder.pick('', 'boxes'), 'yolo')
    for (const pair of pairFolders(folder, 'vi', 'ir')) {
      const [, sequence, frame] = /^(.+)_(\d+)[DN]$/.exec(pair.stem) ?? []
      const place = sequence === undefined ? {} : { sequence, frame: Number(frame) }
      const notes = annotated([...maps.get(pair.stem), ...boxes.get(pair.stem)])
      yield { ...pair, ...place, ...timeBySuffix(pair.stem), ...notes }
    }
  },
}
