import { command, flag, wholeNumber } from '@univ/command-line'
import { splitDataset } from '@univ/mvip'
import { dataset, sharesFlag } from '../dataset-flags'

export default command({
  name: 'split',
  description: 'divide a dataset anew, no scene in two splits',
  operands: dataset,
  flags: {
    shares: sharesFlag,
    seed: flag(wholeNumber(0), { default: '7', description: 'which sequences go where', valueHint: 'N' }),
  },
  async run({ shares, seed }, { operands: [folder = ''] }) {
    const { counts } = await splitDataset(folder, shares, seed)
    for (const split of Object.keys(shares)) console.log(`${split}: ${counts[`split ${split}`] ?? 0}`)
  },
})
