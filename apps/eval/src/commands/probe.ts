import { command, flag, listOf, number, oneOf, text, wholeNumber, withProgress } from '@univ/command-line'
import { textTable } from '@univ/report'
import { openJournal } from '../journal'
import { measurePatchProbe, probeKinds } from '../patch-probe'
import { probeJson, probePage, probeTable } from '../report/probe-page'
import { classIds, encoderFlags, modality, reportFlags, resumeFlags, sizeFlag, split } from '../shared-flags'
import { writeResults } from '../write-results'

export default command({
  name: 'probe',
  description: 'linear and k-NN probes of patch features, in and across modalities',
  flags: {
    ...encoderFlags,
    train: flag(text, {
      file: 'read',
      required: true,
      description: 'labelled scenes to fit on: a built dataset or a folder',
      valueHint: 'DIR',
    }),
    'train-only': flag(text, {
      file: 'read',
      description: 'file of stems of them to use, one a line',
      valueHint: 'FILE',
    }),
    data: flag(text, {
      file: 'read',
      required: true,
      description: 'labelled scenes to test on: a built dataset or a folder',
      valueHint: 'DIR',
    }),
    only: flag(text, {
      file: 'read',
      description: 'file of stems of them to use, one a line',
      valueHint: 'FILE',
    }),
    'train-split': flag(split, {
      description: 'their split, of a built dataset or a public set that names its splits',
    }),
    split: flag(split, {
      description: 'the split to test on, of a built dataset or a public set that names its splits',
    }),
    classes: flag(listOf(text), {
      description:
        'names of the classes; default: those that a build recorded, or classes.txt beside the data',
      valueHint: 'A,B,…',
    }),
    kind: flag(listOf(oneOf(probeKinds)), {
      default: 'linear,knn',
      description: 'linear, knn or both',
      valueHint: 'NAMES',
    }),
    modality: flag(listOf(modality), {
      description: 'rgb, ir or rgb,ir; default: those that the data has',
      valueHint: 'NAMES',
    }),
    ignore: flag(classIds, {
      default: '',
      description: 'class ids that do not count, e.g. 11',
      valueHint: 'IDS',
    }),
    size: sizeFlag,
    limit: flag(wholeNumber(), {
      default: '200',
      description: 'scenes at most of each split, spread evenly',
      valueHint: 'N',
    }),
    bank: flag(wholeNumber(), {
      default: '20000',
      description: 'known patches of k-NN at most',
      valueHint: 'N',
    }),
    k: flag(wholeNumber(), { default: '20', description: 'neighbours that vote', valueHint: 'N' }),
    temperature: flag(number(1e-3, 100), {
      default: '0.07',
      description: 'of the neighbours’ votes',
      valueHint: 'X',
    }),
    ...reportFlags,
    ...resumeFlags,
  },
  async run(given) {
    const { kind: kinds, k: neighbours, modality: modalities, size, pictures } = given
    const journal = await openJournal('probe', given, [given.checkpoint])
    const probe = await withProgress(
      'encoding images',
      (onProgress) =>
        measurePatchProbe({
          ...given,
          journal,
          train: { data: given.train, only: given['train-only'], split: given['train-split'] },
          val: { data: given.data, only: given.only, split: given.split },
          kinds,
          modalities,
          neighbours,
          onProgress,
        }),
      { unit: 'images' },
    )
    console.log(textTable(probeTable(probe)))
    await writeResults(given, probeJson(probe), () => probePage(probe, { size, pictures }))
    journal?.remove()
  },
})
