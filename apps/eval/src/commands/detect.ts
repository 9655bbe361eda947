import { writeAtomic } from '@univ/checkpoint'
import type { EngineName } from '@univ/compile'
import { textTable } from '@univ/report'
import { defineCommand } from 'citty'
import {
  checkWords,
  encoderArguments,
  oneOf,
  reportArguments,
  resumeArguments,
  wholeNumber,
} from '../arguments'
import { measureDetection } from '../detection'
import { openJournal } from '../journal'
import { progressLine } from '../progress'
import { detectionPage, detectionTable } from '../report/detection-page'

const args = {
  config: { type: 'string', description: 'YAML file with flags: `batch: 8` is --batch 8', valueHint: 'FILE' },
  checkpoint: {
    type: 'string',
    required: true,
    description: 'what univ-train detect saved: last.safetensors, its .extras beside it',
    valueHint: 'FILE',
  },
  beside: { type: 'string', description: 'a second detector to compare with', valueHint: 'FILE' },
  rgb: { type: 'string', description: 'folder of visible images', valueHint: 'DIR' },
  ir: { type: 'string', description: 'folder of infrared images', valueHint: 'DIR' },
  annotations: {
    type: 'string',
    required: true,
    description: 'folder of YOLO text or VOC XML files, or COCO’s JSON file',
    valueHint: 'PATH',
  },
  format: { type: 'string', default: 'yolo', description: 'yolo, voc or coco', valueHint: 'NAME' },
  border: {
    type: 'string',
    description: 'VOC: pixels of a frame around the images that is cut off (DroneVehicle: 100)',
    valueHint: 'N',
  },
  rename: { type: 'string', description: 'VOC: right names for others', valueHint: 'OLD=NEW,…' },
  only: { type: 'string', description: 'file of stems to use, one a line (a split)', valueHint: 'FILE' },
  'on-bad': { type: 'string', default: 'refuse', description: 'unusable boxes and files: refuse or skip' },
  batch: encoderArguments.batch,
  engine: encoderArguments.engine,
  ...reportArguments,
  ...resumeArguments,
  pictures: { ...reportArguments.pictures, default: '12' },
} as const

export default defineCommand({
  meta: {
    name: 'univ-eval detect',
    description: 'AP of a detector on annotated images, in either modality or both',
  },
  args,
  async run({ args: given, rawArgs }) {
    checkWords(rawArgs, args)
    const { rgb, ir, checkpoint, beside } = given
    if ((rgb ?? ir) === undefined) throw new Error('give --rgb DIR, --ir DIR or both: the images to look at')
    const pictures = wholeNumber('pictures', given.pictures, 0)
    const journal = await openJournal(
      'detect',
      given,
      beside === undefined ? [checkpoint] : [checkpoint, beside],
    )
    if (journal?.known) console.error(`going on after ${journal.known} answers of ${journal.file}`)
    const result = await measureDetection({
      journal,
      checkpoint,
      beside,
      images: { ...(rgb === undefined ? {} : { rgb }), ...(ir === undefined ? {} : { ir }) },
      annotations: {
        format: oneOf('format', given.format, ['yolo', 'voc', 'coco']),
        path: given.annotations,
        border: given.border === undefined ? undefined : wholeNumber('border', given.border, 0),
        rename: given.rename === undefined ? undefined : renamed(given.rename),
      },
      only: given.only,
      onBad: oneOf('on-bad', given['on-bad'], ['refuse', 'skip']),
      batch: wholeNumber('batch', given.batch),
      engine: given.engine as EngineName, // `compile` refuses other names
      onProgress: progressLine('looking at images'),
    })
    console.log(textTable(detectionTable(result)))
    const { found: _, ...detector } = result.detector
    const { found: __, ...other } = result.beside ?? { found: undefined }
    const json = { ...result, detector, beside: result.beside && other }
    if (given.json) await writeAtomic(given.json, Buffer.from(`${JSON.stringify(json, null, 2)}\n`))
    if (given.report) await writeAtomic(given.report, Buffer.from(await detectionPage(result, pictures)))
    journal?.remove()
    for (const file of [given.json, given.report]) if (file) console.log(`\nwritten: ${file}`)
  },
})

function renamed(value: string): Readonly<Record<string, string>> {
  const pairs = value.split(',').map((item) => item.split('=').map((name) => name.trim()))
  if (pairs.some((pair) => pair.length !== 2 || pair.includes('')))
    throw new Error(`--rename ${value}: OLD=NEW is wanted, several with commas between`)
  return Object.fromEntries(pairs)
}
