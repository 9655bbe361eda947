import { join } from 'node:path'
import {
  command,
  type FlagKind,
  flag,
  listOf,
  number,
  several,
  text,
  toggle,
  wholeNumber,
  withProgress,
  wrongValue,
} from '@univ/command-line'
import { textTable } from '@univ/report'
import { extrasFile, type SceneAnswer } from '@univ/train'
import { openJournal } from '../journal'
import { segmentationPage } from '../report/segmentation-page'
import { classTable, crossTable, segmentationJson } from '../report/segmentation-tables'
import { type Asked, measureSegmentation } from '../segmentation'
import { segmenterFolders } from '../segmenter-folders'
import {
  classIds,
  encoderFlags,
  modality,
  onlyFlag,
  precision,
  reportFlags,
  resumeFlags,
  split,
} from '../shared-flags'
import { writePrediction } from '../write-predictions'
import { writeResults } from '../write-results'

const { which: _, ...encoder } = encoderFlags

/** Sides that images are fitted into; null: none. */
const fit: FlagKind<readonly [long: number, short: number] | null> = (given, name) => {
  if (given === 'none') return null
  const wanted = 'LONG,SHORT in pixels or none'
  const [long, short, ...more] = given.split(',')
  if (long === undefined || short === undefined || more.length > 0) throw wrongValue(name, given, wanted)
  return [wholeNumber()(long, name), wholeNumber()(short, name)]
}

export default command({
  name: 'segment',
  description: 'mIoU of segmenters, in each modality and across them',
  flags: {
    ...encoder,
    checkpoint: several(text, {
      file: 'read',
      companion: extrasFile,
      required: true,
      description: 'segmenters (the encoder’s file, its head beside it); several are compared',
      valueHint: 'FILE …',
    }),
    data: flag(text, {
      file: 'read',
      required: true,
      description: 'a built dataset, or a folder with vi/ and ir/ (or images/) beside labels/',
      valueHint: 'DIR',
    }),
    only: onlyFlag,
    split: flag(split, {
      description:
        'train, val or test of a built dataset (default: all of it) or of a public set that names its splits',
    }),
    modality: flag(listOf(modality), {
      description: 'rgb, ir or rgb,ir; default: those that the data has',
      valueHint: 'NAMES',
    }),
    ignore: flag(classIds, {
      description: 'stored ids that do not count; default: as trained',
      valueHint: 'IDS',
    }),
    window: flag(wholeNumber(0), {
      description: 'side of sliding windows, 0: whole images; default: as trained',
      valueHint: 'N',
    }),
    step: flag(wholeNumber(), {
      description: 'pixels between windows; default: as trained',
      valueHint: 'N',
    }),
    fit: flag(fit, {
      description: 'sides that images are fitted into, or none; default: as trained',
      valueHint: 'LONG,SHORT',
    }),
    scales: flag(listOf(number(0.05, 8)), {
      default: '1',
      description: 'sizes whose answers are averaged, e.g. 0.75,1,1.25',
      valueHint: 'X,…',
    }),
    flip: toggle({ default: false, description: 'average with the mirrored image' }),
    limit: flag(wholeNumber(), {
      default: '100000',
      description: 'scenes at most, spread evenly',
      valueHint: 'N',
    }),
    out: flag(text, {
      file: 'written',
      description:
        'folder for palette PNGs and overlays of every scene; of several segmenters each has one in it',
      valueHint: 'DIR',
    }),
    log: flag(text, {
      file: 'read',
      description: 'metrics.jsonl of the run, for the report’s curve',
      valueHint: 'FILE',
    }),
    ...reportFlags,
    ...resumeFlags,
    pictures: { ...reportFlags.pictures, default: '6' },
    batch: { ...encoderFlags.batch, default: '2', description: 'windows that run together' },
    precision: flag(precision, {
      default: 'float32',
      description: 'float32, float16 for GPU engines, or int8 on the engine cpu',
    }),
  },
  async run(given) {
    const { checkpoint: checkpoints, modality: modalities, window, out, report, log } = given
    const journal = await openJournal('segment', given, checkpoints)
    const folders = segmenterFolders(checkpoints)
    const write =
      (folder: string) =>
      (answer: SceneAnswer, { checkpoint, classes }: Asked) =>
        writePrediction(
          checkpoints.length > 1 ? join(folder, folders.get(checkpoint)!) : folder,
          answer,
          classes,
        )
    const result = await withProgress(
      'segmenting scenes',
      (onProgress) =>
        measureSegmentation({
          ...given,
          journal,
          checkpoints,
          modalities,
          window: window === 0 ? null : window,
          pictures: report === undefined ? 0 : given.pictures,
          onProgress,
          onAnswer: out === undefined ? undefined : write(out),
        }),
      { unit: 'scenes' },
    )
    console.log(`${textTable(crossTable(result))}\n\n${textTable(classTable(result))}`)
    await writeResults(given, segmentationJson(result), () => segmentationPage(result, log))
    journal?.remove()
    if (out !== undefined) console.log(`\nwritten: ${out}`)
  },
})
