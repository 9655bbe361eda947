import { expect, it } from 'vitest'
import { buildSummary } from './build-summary'

it('a build tells of what it kept, then why it dropped, in one order whatever came first', () => {
  const counts = {
    unlisted: 0,
    'split test': 1,
    swapped: 2,
    duplicate: 5,
    kept: 9,
    'alignment unsure': 1,
    'split train': 8,
    'alignment aligned': 8,
    'duplicates kept': 3,
  }
  expect(buildSummary({ counts })).toEqual([
    'kept: 9, 3 of them near-duplicates',
    'dropped: 5 duplicate, 2 swapped',
    'alignment: 8 aligned, 1 unsure',
    'split: 8 train, 1 test',
  ])
  expect(buildSummary({ counts: { kept: 1 } })).toEqual(['kept: 1'])
})
