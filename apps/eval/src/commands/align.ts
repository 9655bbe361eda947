import { writeAtomic } from '@univ/checkpoint'
import { textTable } from '@univ/report'
import { defineCommand } from 'citty'
import { measureAlignment } from '../alignment'
import {
  checkWords,
  encoderArguments,
  encoderOptions,
  numberList,
  oneOf,
  repeated,
  reportArguments,
  wholeNumber,
} from '../arguments'
import { progressLine } from '../progress'
import { alignmentPage } from '../report/alignment-page'
import { alignmentTable, timeTable } from '../report/alignment-tables'
import { alignmentFindings } from '../report/findings'

const args = {
  ...encoderArguments,
  teacher: {
    type: 'string',
    description: 'the encoder before pre-training, to compare with',
    valueHint: 'FILE',
  },
  data: {
    type: 'string',
    required: true,
    description: 'folders of pairs, built datasets or shards; several may follow',
    valueHint: 'DIR …',
  },
  layout: {
    type: 'string',
    default: 'auto',
    description: 'auto, folders (vi/ + ir/) or mvip',
    valueHint: 'NAME',
  },
  only: { type: 'string', description: 'file of stems to use, one a line (a split)', valueHint: 'FILE' },
  split: { type: 'string', description: 'train, val or test of a built dataset; default: all of it' },
  'on-bad': { type: 'string', default: 'refuse', description: 'files without partner: refuse or skip' },
  labels: {
    type: 'string',
    description: 'folders of label PNGs for the probe; default: the teacher’s classes',
    valueHint: 'DIR …',
  },
  ignore: {
    type: 'string',
    description: 'class ids that do not count, e.g. 11,255',
    valueHint: 'IDS',
  },
  size: { type: 'string', default: '224', description: 'side of the images', valueHint: 'N' },
  limit: { type: 'string', default: '100', description: 'pairs at most, spread evenly', valueHint: 'N' },
  shift: {
    type: 'string',
    default: '2,2',
    description: 'rows,columns of patches between shifted views',
    valueHint: 'R,C',
  },
  ...reportArguments,
} as const

export default defineCommand({
  meta: {
    name: 'univ-eval align',
    description: 'how well infrared and visible features agree on held-out pairs',
  },
  args,
  async run({ args: given, rawArgs }) {
    checkWords(rawArgs, args, ['data', 'labels'])
    const [rows, columns] = numberList('shift', given.shift)
    if (rows === undefined || columns === undefined)
      throw new Error(`--shift ${given.shift}: rows,columns of patches are wanted, e.g. 2,2`)
    const encoder = encoderOptions(given)
    const pictures = wholeNumber('pictures', given.pictures, 0)
    const alignment = await measureAlignment({
      ...encoder,
      teacher: given.teacher,
      data: repeated(rawArgs, 'data'),
      layout: oneOf('layout', given.layout, ['auto', 'folders', 'mvip']),
      only: given.only,
      split: given.split === undefined ? undefined : oneOf('split', given.split, ['train', 'val', 'test']),
      onBad: oneOf('on-bad', given['on-bad'], ['refuse', 'skip']),
      labels: given.labels === undefined ? undefined : repeated(rawArgs, 'labels'),
      ignore: numberList('ignore', given.ignore ?? ''),
      size: wholeNumber('size', given.size),
      limit: wholeNumber('limit', given.limit, 2),
      shift: { rows, columns },
      onProgress: progressLine('encoding images'),
    })
    console.log(textTable(alignmentTable(alignment)))
    const times = timeTable(alignment)
    if (times) console.log(`\n${textTable(times)}`)
    for (const finding of alignmentFindings(alignment)) console.log(`\n! ${finding}`)
    const { pairs, material: _, ...figures } = alignment
    const json = { ...figures, checkpoint: given.checkpoint, pairs: pairs.map(({ id }) => id) }
    if (given.json) await writeAtomic(given.json, Buffer.from(`${JSON.stringify(json, null, 2)}\n`))
    if (given.report) {
      const html = await alignmentPage(alignment, { engine: encoder.engine, pictures })
      await writeAtomic(given.report, Buffer.from(html))
    }
    for (const file of [given.json, given.report]) if (file) console.log(`\nwritten: ${file}`)
  },
})
