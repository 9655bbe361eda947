import { expect, it } from 'vitest'
import { checkShares, splitGroups } from './split-sequences'

it('shares that do not add up to one are refused, with some that do', () => {
  const refused = (train: number, val: number, test: number) => () => checkShares({ train, val, test })
  expect(refused(0.9, 0, 0)).toThrow(
    'shares train=0.9,val=0,test=0 add up to 0.9 and not to 1: train=0.9,val=0.1,test=0, for example, does',
  )
  expect(refused(0.7, 0.2, 0)).toThrow('train=0.7,val=0.2,test=0.1, for example')
  expect(refused(8, 1, 1)).toThrow('add up to 10 and not to 1: train=0.8,val=0.1,test=0.1, for example')
  expect(refused(0, 0, 0)).toThrow('are no shares')
  expect(refused(1.5, -0.5, 0)).toThrow('are no shares')
  for (const sound of [refused(1 / 3, 1 / 3, 0.333333), refused(0.7, 0.2, 0.1), refused(0, 0, 1)])
    expect(sound).not.toThrow()
  expect(() => splitGroups([], { train: 0.5, val: 0, test: 0 }, 7)).toThrow('add up to 0.5')
})
