import {
  command,
  type FlagKind,
  flag,
  listOf,
  oneOf,
  several,
  text,
  wholeNumber,
  withProgress,
  wrongValue,
} from '@univ/command-line'
import type { Shift } from '@univ/pccl'
import { textTable } from '@univ/report'
import { measureAlignment } from '../alignment'
import { alignmentPage } from '../report/alignment-page'
import { alignmentTable, timeTable } from '../report/alignment-tables'
import { alignmentFindings } from '../report/findings'
import { classIds, encoderFlags, onlyFlag, reportFlags, sizeFlag, split } from '../shared-flags'
import { writeResults } from '../write-results'

const shift: FlagKind<Shift> = (given, name) => {
  const [rows, columns, ...more] = listOf(wholeNumber(0))(given, name)
  if (rows !== undefined && columns !== undefined && more.length === 0) return { rows, columns }
  throw wrongValue(name, given, 'rows,columns of patches, e.g. 2,2,')
}

export default command({
  name: 'align',
  description: 'how well infrared and visible features agree on held-out pairs',
  flags: {
    ...encoderFlags,
    teacher: flag(text, {
      file: 'read',
      description: 'the encoder before pre-training, to compare with',
      valueHint: 'FILE',
    }),
    data: several(text, {
      file: 'read',
      required: true,
      description: 'folders of pairs, built datasets or shards; several may follow',
      valueHint: 'DIR …',
    }),
    layout: flag(oneOf(['auto', 'folders', 'mvip']), {
      default: 'auto',
      description: 'auto, folders (vi/ + ir/) or mvip',
      valueHint: 'NAME',
    }),
    only: onlyFlag,
    split: flag(split, { description: 'train, val or test of a built dataset; default: all of it' }),
    'on-bad': flag(oneOf(['refuse', 'skip']), {
      default: 'refuse',
      description: 'files without partner: refuse or skip',
    }),
    labels: several(text, {
      file: 'read',
      description:
        'label maps for the probe: folders of PNGs, built datasets, or none; default: those of --data where it is a built dataset, else the teacher’s classes',
      valueHint: 'DIR …',
    }),
    ignore: flag(classIds, {
      default: '',
      description: 'class ids that do not count, e.g. 11,255',
      valueHint: 'IDS',
    }),
    size: sizeFlag,
    limit: flag(wholeNumber(2), {
      default: '100',
      description: 'pairs at most, spread evenly',
      valueHint: 'N',
    }),
    shift: flag(shift, {
      default: '2,2',
      description: 'rows,columns of patches between shifted views',
      valueHint: 'R,C',
    }),
    ...reportFlags,
  },
  async run(given) {
    const { checkpoint, engine, pictures, 'on-bad': onBad } = given
    const alignment = await withProgress(
      'encoding images',
      (onProgress) => measureAlignment({ ...given, onBad, onProgress }),
      { unit: 'images' },
    )
    console.log(textTable(alignmentTable(alignment)))
    const times = timeTable(alignment)
    if (times) console.log(`\n${textTable(times)}`)
    for (const finding of alignmentFindings(alignment)) console.log(`\n! ${finding}`)
    const { pairs, material: _, ...figures } = alignment
    await writeResults(given, { ...figures, checkpoint, pairs: pairs.map(({ id }) => id) }, () =>
      alignmentPage(alignment, { engine, pictures }),
    )
  },
})
