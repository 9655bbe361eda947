import { join } from 'node:path'
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
  repeated,
  reportArguments,
  resumeArguments,
  wholeNumber,
} from '../arguments'
import { openJournal } from '../journal'
import { progressLine } from '../progress'
import { segmentationPage } from '../report/segmentation-page'
import { classTable, crossTable, segmentationJson } from '../report/segmentation-tables'
import { measureSegmentation } from '../segmentation'
import { writePrediction } from '../write-predictions'

const { which: _, ...encoder } = encoderArguments

const args = {
  ...encoder,
  checkpoint: {
    type: 'string',
    required: true,
    description: 'segmenters (the encoder’s file, its head beside it); several are compared',
    valueHint: 'FILE …',
  },
  data: {
    type: 'string',
    required: true,
    description: 'folder with vi/ and ir/ (or images/) beside labels/',
    valueHint: 'DIR',
  },
  only: { type: 'string', description: 'file of stems to use, one a line (a split)', valueHint: 'FILE' },
  split: { type: 'string', description: 'train, val or test of a public set that names its splits' },
  modality: { type: 'string', description: 'rgb, ir or rgb,ir; default: those that the data has' },
  ignore: {
    type: 'string',
    description: 'stored ids that do not count; default: as trained',
    valueHint: 'IDS',
  },
  window: {
    type: 'string',
    description: 'side of sliding windows, 0: whole images; default: as trained',
    valueHint: 'N',
  },
  step: { type: 'string', description: 'pixels between windows; default: as trained', valueHint: 'N' },
  fit: {
    type: 'string',
    description: 'LONG,SHORT that images are fitted into, or none; default: as trained',
  },
  scales: { type: 'string', default: '1', description: 'sizes whose answers are averaged, e.g. 0.75,1,1.25' },
  flip: { type: 'boolean', default: false, description: 'average with the mirrored image' },
  limit: { type: 'string', default: '100000', description: 'scenes at most, spread evenly', valueHint: 'N' },
  out: {
    type: 'string',
    description: 'folder for palette PNGs and overlays of every scene',
    valueHint: 'DIR',
  },
  log: { type: 'string', description: 'metrics.jsonl of the run, for the report’s curve', valueHint: 'FILE' },
  ...reportArguments,
  ...resumeArguments,
  pictures: { ...reportArguments.pictures, default: '6' },
  batch: { ...encoderArguments.batch, default: '2', description: 'windows that run together' },
  precision: { type: 'string', default: 'float32', description: 'float32, or int8 on the engine cpu' },
} as const

export default defineCommand({
  meta: { name: 'univ-eval segment', description: 'mIoU of segmenters, in each modality and across them' },
  args,
  async run({ args: given, rawArgs }) {
    checkWords(rawArgs, args, ['checkpoint'])
    const { batch, engine, heads } = encoderOptions(given)
    const checkpoints = repeated(rawArgs, 'checkpoint')
    const out = given.out
    const journal = await openJournal('segment', { ...given, checkpoint: checkpoints }, checkpoints)
    if (journal?.known) console.error(`going on after ${journal.known} answers of ${journal.file}`)
    const result = await measureSegmentation({
      journal,
      checkpoints,
      heads,
      batch,
      engine,
      precision: oneOf('precision', given.precision, ['float32', 'int8']),
      data: given.data,
      only: given.only,
      split: given.split === undefined ? undefined : oneOf('split', given.split, ['train', 'val', 'test']),
      modalities: given.modality?.split(',').map((name) => oneOf('modality', name, ['rgb', 'ir'])),
      ignore: given.ignore === undefined ? undefined : numberList('ignore', given.ignore),
      window: given.window === undefined ? undefined : wholeNumber('window', given.window, 0) || null,
      step: given.step === undefined ? undefined : wholeNumber('step', given.step),
      fit: given.fit === undefined ? undefined : fitOf(given.fit),
      scales: given.scales.split(',').map((scale) => numberWithin('scales', scale, 0.05, 8)),
      flip: given.flip,
      limit: wholeNumber('limit', given.limit),
      pictures: given.report ? wholeNumber('pictures', given.pictures, 0) : 0,
      onProgress: progressLine('segmenting scenes'),
      onAnswer:
        out === undefined
          ? undefined
          : (answer, checkpoint) =>
              writePrediction(
                checkpoints.length > 1 ? join(out, `${checkpoints.indexOf(checkpoint)}`) : out,
                answer,
              ),
    })
    console.log(`${textTable(crossTable(result))}\n\n${textTable(classTable(result))}`)
    if (given.json)
      await writeAtomic(given.json, Buffer.from(`${JSON.stringify(segmentationJson(result), null, 2)}\n`))
    if (given.report) await writeAtomic(given.report, Buffer.from(await segmentationPage(result, given.log)))
    journal?.remove()
    for (const file of [given.json, given.report, out]) if (file) console.log(`\nwritten: ${file}`)
  },
})

function fitOf(value: string): readonly [number, number] | null {
  if (value === 'none') return null
  const [long, short, ...more] = numberList('fit', value)
  if (!long || !short || more.length > 0)
    throw new Error(`--fit ${value}: LONG,SHORT in pixels or none is wanted`)
  return [long, short]
}
