import { type FlagKind, flag, number, oneOf, wholeNumber } from '@univ/command-line'
import type { Split, SplitShares } from '@univ/mvip'

/** The one dataset that a command works on. */
export const dataset = { name: 'DATASET', description: 'folder of a built dataset' } as const

/** `train=0.8,val=0.1,test=0.1`; what is not named gets nothing. */
const splitShares: FlagKind<SplitShares> = (given, name) => {
  const shares = { train: 0, val: 0, test: 0 }
  for (const part of given.split(',')) {
    const [split = '', share = ''] = part.split('=')
    if (!Object.hasOwn(shares, split))
      throw new Error(`--${name} ${given}: '${part}' is no share; wanted is e.g. train=0.8,val=0.1,test=0.1`)
    shares[split as Split] = number(0)(share, name)
  }
  return shares
}

export const sharesFlag = flag(splitShares, {
  default: 'train=0.8,val=0.1,test=0.1',
  description: 'what each split gets',
  valueHint: 'SHARES',
})

export const splitKind = oneOf(['train', 'val', 'test'])

export const workersFlag = flag(wholeNumber(), {
  description: 'threads; default: the machine’s cores',
  valueHint: 'N',
})
