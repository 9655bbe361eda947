import { expect, it } from 'vitest'
import { counted } from './counted'

it('counts in the singular and the plural', () => {
  expect([0, 1, 2].map((count) => counted(count, 'shard'))).toEqual(['0 shards', '1 shard', '2 shards'])
  expect([1, 3].map((count) => counted(count, 'batch', 'batches'))).toEqual(['1 batch', '3 batches'])
})
