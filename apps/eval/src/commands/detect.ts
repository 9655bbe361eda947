import {
  command,
  type FlagKind,
  flag,
  oneOf,
  text,
  wholeNumber,
  withProgress,
  wrongValue,
} from '@univ/command-line'
import { textTable } from '@univ/report'
import { measureDetection } from '../detection'
import { openJournal } from '../journal'
import { detectionJson, detectionPage, detectionTable } from '../report/detection-page'
import { encoderFlags, onlyFlag, reportFlags, resumeFlags } from '../shared-flags'
import { writeResults } from '../write-results'

const renamed: FlagKind<Readonly<Record<string, string>>> = (given, name) => {
  const pairs = given.split(',').map((item) => item.split('=').map((word) => word.trim()))
  if (pairs.every((pair) => pair.length === 2 && !pair.includes(''))) return Object.fromEntries(pairs)
  throw wrongValue(name, given, 'OLD=NEW, several with commas between,')
}

export default command({
  name: 'detect',
  description: 'AP of a detector on annotated images, in either modality or both',
  flags: {
    config: flag(text, {
      description: 'YAML file with flags: `batch: 8` is --batch 8',
      valueHint: 'FILE',
    }),
    checkpoint: flag(text, {
      required: true,
      description: 'what univ-train detect saved: last.safetensors, its .extras beside it',
      valueHint: 'FILE',
    }),
    beside: flag(text, { description: 'a second detector to compare with', valueHint: 'FILE' }),
    rgb: flag(text, { description: 'folder of visible images', valueHint: 'DIR' }),
    ir: flag(text, { description: 'folder of infrared images', valueHint: 'DIR' }),
    annotations: flag(text, {
      required: true,
      description: 'folder of YOLO text or VOC XML files, or COCO’s JSON file',
      valueHint: 'PATH',
    }),
    format: flag(oneOf(['yolo', 'voc', 'coco']), {
      default: 'yolo',
      description: 'yolo, voc or coco',
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
    const { rgb, ir, checkpoint, beside, format, border, rename, 'on-bad': onBad } = given
    if ((rgb ?? ir) === undefined) throw new Error('give --rgb DIR, --ir DIR or both: the images to look at')
    const models = beside === undefined ? [checkpoint] : [checkpoint, beside]
    const journal = await openJournal('detect', given, models)
    const result = await withProgress(
      'looking at images',
      (onProgress) =>
        measureDetection({
          ...given,
          journal,
          images: { ...(rgb === undefined ? {} : { rgb }), ...(ir === undefined ? {} : { ir }) },
          annotations: { format, path: given.annotations, border, rename },
          onBad,
          onProgress,
        }),
      { unit: 'images' },
    )
    console.log(textTable(detectionTable(result)))
    await writeResults(given, detectionJson(result), () => detectionPage(result, given.pictures))
    journal?.remove()
  },
})
