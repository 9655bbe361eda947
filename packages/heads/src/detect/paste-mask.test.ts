import { describe, expect, it } from 'vitest'
import { maskArea, maskBox, toBitmap } from './coco/run-lengths'
import { segmentationMask } from './coco/segmentation'
import { pasteMask } from './paste-mask'

describe('a mask pasted into the image', () => {
  it('fills its box where all shares are 1, and is cut at the image', () => {
    const whole = pasteMask(new Array(16).fill(1), [2, 1, 4, 3], { width: 8, height: 6 })
    expect([maskArea(whole), maskBox(whole)]).toEqual([12, [2, 1, 4, 3]])
    expect(maskBox(pasteMask(new Array(16).fill(1), [6, 4, 9, 9], { width: 8, height: 6 }))).toEqual([
      6, 4, 2, 2,
    ])
    expect(maskArea(pasteMask(new Array(16).fill(0.4), [2, 1, 4, 3], { width: 8, height: 6 }))).toBe(0)
  })

  it('interpolates between shares', () => {
    // The left column is 1, the right 0: half way between their centres is the edge.
    const half = pasteMask([1, 0, 1, 0], [0, 0, 4, 1], { width: 4, height: 1 })
    expect([...toBitmap(half)]).toEqual([1, 1, 0, 0])
  })
})

describe('a segmentation', () => {
  it('is read from polygons and run lengths, and refused by name', () => {
    const size = { width: 4, height: 3 }
    expect(maskArea(segmentationMask([[0, 0, 4, 0, 4, 3, 0, 3]], size, 'a'))).toBe(12)
    expect(maskArea(segmentationMask({ size: [3, 4], counts: [2, 4, 6] }, size, 'a'))).toBe(4)
    expect(() => segmentationMask('x', size, 'scene a')).toThrow('scene a: segmentation is "x"')
  })
})
