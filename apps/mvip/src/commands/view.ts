import { command, flag, oneOf, outputFile, text, wholeNumber } from '@univ/command-line'
import { dataset, splitKind } from '../dataset-flags'
import { tellLostRoots } from '../lost-roots'
import { contactSheet } from '../report/contact-sheet'
import { checkReplaceable, writePage } from '../report/write-page'

export default command({
  name: 'view',
  description: 'an HTML contact sheet of a dataset',
  operands: dataset,
  flags: {
    out: flag(outputFile, { required: true, description: 'the HTML file', valueHint: 'FILE' }),
    pairs: flag(wholeNumber(), {
      default: '200',
      description: 'pairs shown, spread evenly',
      valueHint: 'N',
    }),
    source: flag(text, { description: 'of this source only', valueHint: 'NAME' }),
    split: flag(splitKind, { description: 'of this split only: train, val or test' }),
    time: flag(oneOf(['day', 'night']), { description: 'day or night only' }),
    alignment: flag(oneOf(['aligned', 'misaligned', 'unsure']), {
      description: 'aligned, misaligned or unsure only',
    }),
  },
  async run({ out, alignment: verdict, ...selection }, { operands: [folder = ''] }) {
    await checkReplaceable('out', out)
    await writePage('out', out, await contactSheet(folder, { ...selection, verdict }))
    tellLostRoots(folder)
    console.log(`written: ${out}`)
  },
})
