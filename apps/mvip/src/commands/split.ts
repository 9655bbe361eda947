import { splitDataset } from '@univ/mvip'
import { defineCommand } from 'citty'
import { checkFlags, onlyDataset, sharesOf, wholeOf } from '../arguments'

const args = {
  shares: {
    type: 'string',
    default: 'train=0.8,val=0.1,test=0.1',
    description: 'what each split gets',
    valueHint: 'SHARES',
  },
  seed: { type: 'string', default: '7', description: 'which sequences go where', valueHint: 'N' },
} as const

export default defineCommand({
  meta: { name: 'univ-mvip split DATASET', description: 'divide a dataset anew, no scene in two splits' },
  args,
  async run({ args: given, rawArgs }) {
    checkFlags(rawArgs, args)
    const shares = sharesOf('shares', given.shares)
    const { counts } = await splitDataset(onlyDataset('split', given._), shares, wholeOf('seed', given.seed))
    for (const split of Object.keys(shares)) console.log(`${split}: ${counts[`split ${split}`] ?? 0}`)
  },
})
