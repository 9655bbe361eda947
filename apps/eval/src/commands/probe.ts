import { writeAtomic } from '@univ/checkpoint'
import { textTable } from '@univ/report'
import { defineCommand } from 'citty'
import {
  checkWords,
  encoderArguments,
  encoderOptions,
  numberList,
  numberWithin,
  oneOf,
  reportArguments,
  resumeArguments,
  wholeNumber,
} from '../arguments'
import { openJournal } from '../journal'
import { measurePatchProbe, probeKinds } from '../patch-probe'
import { progressLine } from '../progress'
import { probeJson, probePage, probeTable } from '../report/probe-page'

const args = {
  ...encoderArguments,
  train: { type: 'string', required: true, description: 'labelled scenes to fit on', valueHint: 'DIR' },
  'train-only': {
    type: 'string',
    description: 'file of stems of them to use, one a line',
    valueHint: 'FILE',
  },
  data: { type: 'string', required: true, description: 'labelled scenes to test on', valueHint: 'DIR' },
  only: { type: 'string', description: 'file of stems of them to use, one a line', valueHint: 'FILE' },
  'train-split': { type: 'string', description: 'their split, of a public set that names its splits' },
  split: { type: 'string', description: 'the split to test on, of a public set that names its splits' },
  classes: {
    type: 'string',
    description: 'names of the classes; default: classes.txt beside the data',
    valueHint: 'A,B,…',
  },
  kind: { type: 'string', default: 'linear,knn', description: 'linear, knn or both', valueHint: 'NAMES' },
  modality: { type: 'string', description: 'rgb, ir or rgb,ir; default: those that the data has' },
  ignore: {
    type: 'string',
    default: '',
    description: 'class ids that do not count, e.g. 11',
    valueHint: 'IDS',
  },
  size: { type: 'string', default: '224', description: 'side of the images', valueHint: 'N' },
  limit: {
    type: 'string',
    default: '200',
    description: 'scenes at most of each split, spread evenly',
    valueHint: 'N',
  },
  bank: { type: 'string', default: '20000', description: 'known patches of k-NN at most', valueHint: 'N' },
  k: { type: 'string', default: '20', description: 'neighbours that vote', valueHint: 'N' },
  temperature: { type: 'string', default: '0.07', description: 'of the neighbours’ votes', valueHint: 'X' },
  ...reportArguments,
  ...resumeArguments,
} as const

export default defineCommand({
  meta: {
    name: 'univ-eval probe',
    description: 'linear and k-NN probes of patch features, in and across modalities',
  },
  args,
  async run({ args: given, rawArgs }) {
    checkWords(rawArgs, args)
    const [size, pictures] = [wholeNumber('size', given.size), wholeNumber('pictures', given.pictures, 0)]
    const journal = await openJournal('probe', given, [given.checkpoint])
    if (journal?.known) console.error(`going on after ${journal.known} answers of ${journal.file}`)
    const probe = await measurePatchProbe({
      journal,
      ...encoderOptions(given),
      train: {
        data: given.train,
        only: given['train-only'],
        split: splitOf('train-split', given['train-split']),
      },
      val: { data: given.data, only: given.only, split: splitOf('split', given.split) },
      classes: given.classes?.split(',').map((name) => name.trim()),
      kinds: given.kind.split(',').map((name) => oneOf('kind', name, probeKinds)),
      modalities: given.modality?.split(',').map((name) => oneOf('modality', name, ['rgb', 'ir'])),
      ignore: numberList('ignore', given.ignore),
      size,
      limit: wholeNumber('limit', given.limit),
      bank: wholeNumber('bank', given.bank),
      neighbours: wholeNumber('k', given.k),
      temperature: numberWithin('temperature', given.temperature, 1e-3, 100),
      onProgress: progressLine('encoding images'),
    })
    console.log(textTable(probeTable(probe)))
    if (given.json)
      await writeAtomic(given.json, Buffer.from(`${JSON.stringify(probeJson(probe), null, 2)}\n`))
    if (given.report) await writeAtomic(given.report, Buffer.from(await probePage(probe, { size, pictures })))
    journal?.remove()
    for (const file of [given.json, given.report]) if (file) console.log(`\nwritten: ${file}`)
  },
})

const splitOf = (flag: string, value: string | undefined) =>
  value === undefined ? undefined : oneOf(flag, value, ['train', 'val', 'test'])
