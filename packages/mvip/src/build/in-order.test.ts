import { expect, it } from 'vitest'
import { inOrder } from './in-order'

it('gives results in the order of the items, with no more than so many under way', async () => {
  let [now, most] = [0, 0]
  const work = async (item: number) => {
    most = Math.max(most, ++now)
    // The later the item, the sooner it is done.
    for (let i = 0; i < 20 - item; i++) await Promise.resolve()
    now--
    return item * item
  }
  const results: number[] = []
  for await (const result of inOrder([1, 2, 3, 4, 5, 6, 7], 3, work)) results.push(result)
  expect(results).toEqual([1, 4, 9, 16, 25, 36, 49])
  expect(most).toBe(3)
})
