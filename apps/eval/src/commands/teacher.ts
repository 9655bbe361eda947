import { command, flag, number, text, toggle, wholeNumber, withProgress } from '@univ/command-line'
import { textTable } from '@univ/report'
import { teacherPage, teacherTable } from '../report/teacher-page'
import { classIds, encoderFlags, reportFlags, sizeFlag } from '../shared-flags'
import { measureTeacher } from '../teacher-quality'
import { writeResults } from '../write-results'

export default command({
  name: 'teacher',
  description: 'how good an encoder’s pseudo-labels are, per layer and source',
  flags: {
    ...encoderFlags,
    data: flag(text, {
      file: 'read',
      required: true,
      description: 'folder of RGB images, of images/ and labels/, or of pairs; a built dataset or shards',
      valueHint: 'DIR',
    }),
    labels: flag(text, {
      file: 'read',
      description: 'folder of label PNGs with the images’ stems',
      valueHint: 'DIR',
    }),
    ignore: flag(classIds, {
      default: '',
      description: 'class ids that do not count, e.g. 11,255',
      valueHint: 'IDS',
    }),
    size: sizeFlag,
    limit: flag(wholeNumber(), {
      default: '60',
      description: 'images at most, spread evenly',
      valueHint: 'N',
    }),
    mass: flag(number(0, 1), {
      default: '0.6',
      description: 'share of a row’s mass for positives',
      valueHint: 'X',
    }),
    temperature: flag(number(1e-4, 1e4), {
      default: '0.1',
      description: 'of the softmax over keys’ or features’ cosines',
      valueHint: 'X',
    }),
    centre: toggle({
      default: true,
      description: 'subtract the image’s mean vector from keys and features',
    }),
    ...reportFlags,
  },
  async run(given) {
    const quality = await withProgress(
      'encoding images',
      (onProgress) => measureTeacher({ ...given, onProgress }),
      { unit: 'images' },
    )
    console.log(textTable(teacherTable(quality)))
    const { shown: _, ...figures } = quality
    await writeResults(given, figures, () => teacherPage(quality, given.size))
  },
})
