import type { Table } from '@univ/report'
import type { CocoScores } from '../score-coco'
import { percent } from './figures'

/** What the twelve figures are. */
const meanings: Readonly<Record<string, string>> = {
  AP: 'AP, overlap 0.50 to 0.95',
  AP50: 'AP50, overlap 0.50',
  AP75: 'AP75, overlap 0.75',
  APs: 'APs, objects below 32² pixels',
  APm: 'APm, objects of 32² to 96²',
  APl: 'APl, objects above 96²',
  AR1: 'AR1, recall with 1 box an image and class',
  AR10: 'AR10, with 10',
  AR100: 'AR100, with 100',
  ARs: 'ARs, objects below 32²',
  ARm: 'ARm, objects of 32² to 96²',
  ARl: 'ARl, objects above 96²',
}

/** COCO writes -1 where there is nothing to find. */
const figure = (value: number): string => percent(value < 0 ? undefined : value)

/** The twelve figures, and every class. */
export function cocoTables({ stats, classes }: CocoScores): readonly [Table, Table] {
  return [
    {
      head: ['figure', 'value'],
      rows: Object.entries(stats).map(([name, value]) => [meanings[name] ?? name, figure(value)]),
    },
    {
      head: ['class', 'objects', 'detections', 'AP', 'AP50'],
      rows: classes.map(({ name, objects, detections, AP, AP50 }) => [
        name,
        `${objects}`,
        `${detections}`,
        figure(AP),
        figure(AP50),
      ]),
    },
  ]
}
