import { expect, it } from 'vitest'
import { sizeTable } from './stats-tables'

it('names the sizes that most images have, and counts the others', () => {
  const sizes = Array.from({ length: 15 }, (_, i) => ({ size: `${i} × 1`, images: 1000 - i }))
  const { rows } = sizeTable({ sizes })
  expect(rows).toHaveLength(13)
  expect(rows.slice(11)).toEqual([
    ['11 × 1', '989'],
    ['3 other sizes', '2,961'],
  ])
  expect(sizeTable({ sizes: sizes.slice(0, 12) }).rows).toHaveLength(12)
})
