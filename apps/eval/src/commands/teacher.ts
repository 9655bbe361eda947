import { writeAtomic } from '@univ/checkpoint'
import { textTable } from '@univ/report'
import { defineCommand } from 'citty'
import {
  checkWords,
  encoderArguments,
  encoderOptions,
  numberList,
  numberWithin,
  reportArguments,
  wholeNumber,
} from '../arguments'
import { progressLine } from '../progress'
import { teacherPage, teacherTable } from '../report/teacher-page'
import { measureTeacher } from '../teacher-quality'

const args = {
  ...encoderArguments,
  data: {
    type: 'string',
    required: true,
    description: 'folder of RGB images, of images/ and labels/, or of pairs; a built dataset or shards',
    valueHint: 'DIR',
  },
  labels: { type: 'string', description: 'folder of label PNGs with the images’ stems', valueHint: 'DIR' },
  ignore: {
    type: 'string',
    description: 'class ids that do not count, e.g. 11,255',
    valueHint: 'IDS',
  },
  size: { type: 'string', default: '224', description: 'side of the images', valueHint: 'N' },
  limit: { type: 'string', default: '60', description: 'images at most, spread evenly', valueHint: 'N' },
  mass: {
    type: 'string',
    default: '0.6',
    description: 'share of a row’s mass for positives',
    valueHint: 'X',
  },
  temperature: {
    type: 'string',
    default: '0.1',
    description: 'of the softmax over keys’ or features’ cosines',
    valueHint: 'X',
  },
  centre: {
    type: 'boolean',
    default: true,
    description: 'subtract the image’s mean vector from keys and features',
  },
  ...reportArguments,
} as const

export default defineCommand({
  meta: {
    name: 'univ-eval teacher',
    description: 'how good an encoder’s pseudo-labels are, per layer and source',
  },
  args,
  async run({ args: given, rawArgs }) {
    checkWords(rawArgs, args)
    const size = wholeNumber('size', given.size)
    const quality = await measureTeacher({
      ...encoderOptions(given),
      data: given.data,
      labels: given.labels,
      ignore: numberList('ignore', given.ignore ?? ''),
      size,
      limit: wholeNumber('limit', given.limit),
      mass: numberWithin('mass', given.mass, 0, 1),
      temperature: numberWithin('temperature', given.temperature, 1e-4, 1e4),
      centre: given.centre,
      pictures: wholeNumber('pictures', given.pictures, 0),
      onProgress: progressLine('encoding images'),
    })
    console.log(textTable(teacherTable(quality)))
    const { shown: _, ...figures } = quality
    if (given.json) await writeAtomic(given.json, Buffer.from(`${JSON.stringify(figures, null, 2)}\n`))
    if (given.report) await writeAtomic(given.report, Buffer.from(await teacherPage(quality, size)))
    for (const file of [given.json, given.report]) if (file) console.log(`\nwritten: ${file}`)
  },
})
