import {
  command,
  type FlagKind,
  flag,
  listOf,
  oneOf,
  text,
  wholeNumber,
  withProgress,
  wrongValue,
} from '@univ/command-line'
import { boxFormats, type DetectionFolders, type DetectionPath, type Modality, type Split } from '@univ/mvip'
import { textTable } from '@univ/report'
import { extrasFile } from '@univ/train'
import { measureDetection } from '../detection'
import { openJournal } from '../journal'
import { detectionJson, detectionPage } from '../report/detection-page'
import { detectionClassTable, detectionTable } from '../report/detection-tables'
import { encoderFlags, modality, onlyFlag, reportFlags, resumeFlags, split } from '../shared-flags'
import { writeResults } from '../write-results'

const renamed: FlagKind<Readonly<Record<string, string>>> = (given, name) => {
  const pairs = given.split(',').map((item) => item.split('=').map((word) => word.trim()))
  if (pairs.every((pair) => pair.length === 2 && !pair.includes(''))) return Object.fromEntries(pairs)
  throw wrongValue(name, given, 'OLD=NEW, several with commas between,')
}

interface SourceFlags {
  readonly data?: string
  readonly split?: Split
  readonly modality?: readonly Modality[]
  readonly rgb?: string
  readonly ir?: string
  readonly annotations?: string
  readonly format: (typeof boxFormats)[number]
  readonly border?: number
  readonly rename?: Readonly<Record<string, string>>
}

/** The images to look at: of a dataset, or of folders. @throws Error where flags of either are given beside the other's */
function sourceOf(flags: SourceFlags): DetectionFolders | DetectionPath {
  const {
    data,
    split,
    modality: modalities = ['rgb', 'ir'],
    rgb,
    ir,
    annotations,
    format,
    border,
    rename,
  } = flags
  const folders = { '--rgb': rgb, '--ir': ir, '--annotations': annotations, '--border': border }
  const [first] = Object.entries(folders).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  if (data !== undefined) {
    if (first) throw new Error(`${first} is given beside --data, which tells images and boxes`)
    return { path: data, split, modalities }
  }
  if (split !== undefined || flags.modality) throw new Error('--split and --modality are of --data DIR')
  if ((rgb ?? ir) === undefined)
    throw new Error('give --data DIR, or --rgb DIR, --ir DIR or both: the images to look at')
  if (annotations === undefined) throw new Error('give --annotations PATH: the boxes of the images')
  const images = { ...(rgb === undefined ? {} : { rgb }), ...(ir === undefined ? {} : { ir }) }
  return { images, annotations: { format, path: annotations, border, rename } }
}

export default command({
  name: 'detect',
  description: 'AP of a detector on annotated images, in either modality or both',
  flags: {
    checkpoint: flag(text, {
      file: 'read',
      companion: extrasFile,
      required: true,
      description: 'what univ-train detect saved: last.safetensors, its .extras beside it',
      valueHint: 'FILE',
    }),
    beside: flag(text, {
      file: 'read',
      companion: extrasFile,
      description: 'a second detector to compare with',
      valueHint: 'FILE',
    }),
    data: flag(text, {
      file: 'read',
      description: 'a built dataset, or a folder in a known layout: it tells images and boxes',
      valueHint: 'DIR',
    }),
    split: flag(split, { description: 'of --data: train, val or test; default: all of it' }),
    modality: flag(listOf(modality), { description: 'of --data: rgb, ir or rgb,ir', valueHint: 'NAMES' }),
    rgb: flag(text, { file: 'read', description: 'folder of visible images', valueHint: 'DIR' }),
    ir: flag(text, { file: 'read', description: 'folder of infrared images', valueHint: 'DIR' }),
    annotations: flag(text, {
      file: 'read',
      description: 'folder of YOLO or KAIST text or VOC XML files, or COCO’s JSON file',
      valueHint: 'PATH',
    }),
    format: flag(oneOf(boxFormats), {
      default: 'yolo',
      description: 'yolo, voc, kaist or coco',
      valueHint: 'NAME',
    }),
    border: flag(wholeNumber(0), {
      description: 'VOC: pixels of a frame around the images that is cut off (DroneVehicle: 100)',
      valueHint: 'N',
    }),
    rename: flag(renamed, { description: 'VOC: right names for others', valueHint: 'OLD=NEW,…' }),
    only: onlyFlag,
    'on-bad': flag(oneOf(['refuse', 'skip']), {
      default: 'refuse',
      description: 'unusable boxes and files: refuse or skip',
    }),
    batch: encoderFlags.batch,
    engine: encoderFlags.engine,
    ...reportFlags,
    ...resumeFlags,
    pictures: { ...reportFlags.pictures, default: '12' },
  },
  async run(given) {
    const { checkpoint, beside, rename, 'on-bad': onBad } = given
    const source = sourceOf(given)
    const models = beside === undefined ? [checkpoint] : [checkpoint, beside]
    const journal = await openJournal('detect', given, models)
    const result = await withProgress(
      'looking at images',
      (onProgress) =>
        measureDetection({
          ...given,
          journal,
          source,
          rename,
          onBad,
          onProgress,
        }),
      { unit: 'images' },
    )
    console.log([detectionTable, detectionClassTable].map((table) => textTable(table(result))).join('\n\n'))
    await writeResults(given, detectionJson(result), () => detectionPage(result, given.pictures))
    journal?.remove()
  },
})
