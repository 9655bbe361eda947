import { describe, expect, it } from 'vitest'
import { polygonMask } from './polygon-mask'
import {
  commonArea,
  decodeCounts,
  encodeCounts,
  fromBitmap,
  maskArea,
  maskBox,
  toBitmap,
  union,
} from './run-lengths'

// 3 rows, 4 columns:  . # # .
//                     . # . .
//                     # . . .
const bitmap = [0, 1, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0]
const mask = fromBitmap(bitmap, 3, 4)

describe('run lengths', () => {
  it('go down the columns, zeros first', () => {
    expect(mask.counts).toEqual([2, 3, 1, 1, 5])
    expect([...toBitmap(mask)]).toEqual(bitmap)
    expect(maskArea(mask)).toBe(4)
    expect(maskBox(mask)).toEqual([0, 0, 3, 3])
  })

  it('begin with an empty run where the first pixel is set', () => {
    expect(fromBitmap([1, 1], 1, 2).counts).toEqual([0, 2])
    expect(maskBox({ height: 1, width: 2, counts: [2] })).toEqual([0, 0, 0, 0])
  })

  it('meet and join pixel by pixel', () => {
    const other = fromBitmap([0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 1], 3, 4)
    expect(commonArea(mask, other)).toBe(2)
    expect([...toBitmap(union(mask, other))]).toEqual([0, 1, 1, 0, 0, 1, 0, 0, 1, 1, 0, 1])
  })

  it('are compressed as COCO compresses them', () => {
    // 2, 3, 1 as they are; then the differences to the number two before: 1 − 3 = −2 and 5 − 1 = 4.
    expect(decodeCounts(encodeCounts(mask.counts))).toEqual(mask.counts)
    expect(encodeCounts([2, 3, 1, 1, 5])).toBe('231N4')
    const large = [0, 40, 100_000, 7, 1, 900_000]
    expect(decodeCounts(encodeCounts(large))).toEqual(large)
  })

  it('refuse text that is cut or foreign', () => {
    expect(() => decodeCounts('2o')).toThrow('the text ends inside a number')
    expect(() => decodeCounts('2 3')).toThrow("' ' at 1")
    expect(() => decodeCounts('oooooooooooo')).toThrow('too many characters')
  })
})

describe('a polygon', () => {
  it('covers the pixels whose centres it holds', () => {
    expect([...toBitmap(polygonMask([1, 1, 3, 1, 3, 2, 1, 2], 3, 4))]).toEqual([
      0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0,
    ])
  })

  it('is cut at the image', () => {
    expect(maskArea(polygonMask([-5, -5, 50, -5, 50, 50, -5, 50], 3, 4))).toBe(12)
    expect(maskArea(polygonMask([20, 20, 30, 20, 30, 30], 3, 4))).toBe(0)
  })
})
