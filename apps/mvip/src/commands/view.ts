import { writeFile } from 'node:fs/promises'
import { defineCommand } from 'citty'
import { checkFlags, onlyDataset, wholeOf } from '../arguments'
import { contactSheet } from '../report/contact-sheet'

const args = {
  out: { type: 'string', required: true, description: 'the HTML file', valueHint: 'FILE' },
  pairs: { type: 'string', default: '200', description: 'pairs shown, spread evenly', valueHint: 'N' },
  source: { type: 'string', description: 'of this source only', valueHint: 'NAME' },
  split: { type: 'string', description: 'of this split only: train, val or test' },
  time: { type: 'string', description: 'day or night only' },
  alignment: { type: 'string', description: 'aligned, misaligned or unsure only' },
} as const

export default defineCommand({
  meta: { name: 'univ-mvip view DATASET', description: 'an HTML contact sheet of a dataset' },
  args,
  async run({ args: given, rawArgs }) {
    checkFlags(rawArgs, args)
    const { source, split, time, alignment: verdict } = given
    const pairs = wholeOf('pairs', given.pairs, 1)
    await writeFile(
      given.out,
      await contactSheet(onlyDataset('view', given._), { pairs, source, split, time, verdict }),
    )
    console.log(`written: ${given.out}`)
  },
})
