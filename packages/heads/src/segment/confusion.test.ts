import { describe, expect, it } from 'vitest'
import { countPixels, emptyConfusion, joinConfusions, segmentationScores } from './confusion'

describe('segmentation scores', () => {
  // Truth 0 0 0 1 1 255, predicted 0 0 1 1 0 1; classes 2 and 3 absent, 3 predicted nowhere.
  const confusion = emptyConfusion(4)
  countPixels(confusion, [0, 0, 0, 1, 1, 255], [0, 0, 1, 1, 0, 1])

  it('count ignored pixels on neither side', () => {
    expect([...confusion.counts.subarray(0, 8)]).toEqual([2, 1, 0, 0, 1, 1, 0, 0])
  })

  it('are intersection over union, share found, and their means', () => {
    const { iou, accuracy, mIoU, mAcc, aAcc, pixels } = segmentationScores(confusion)
    expect(iou).toEqual([2 / 4, 1 / 3, Number.NaN, Number.NaN])
    expect(accuracy).toEqual([2 / 3, 1 / 2, Number.NaN, Number.NaN])
    expect(mIoU).toBeCloseTo((2 / 4 + 1 / 3) / 2, 12)
    expect(mAcc).toBeCloseTo((2 / 3 + 1 / 2) / 2, 12)
    expect(aAcc).toBeCloseTo(3 / 5, 12)
    expect(pixels).toEqual([3, 2, 0, 0])
  })

  it('take a class that is predicted but never true as 0 in mIoU, and leave it out of mAcc', () => {
    const other = emptyConfusion(3)
    countPixels(other, [0, 0], [0, 2])
    const { iou, mIoU, mAcc } = segmentationScores(other)
    expect(iou).toEqual([1 / 2, Number.NaN, 0])
    expect([mIoU, mAcc]).toEqual([1 / 4, 1 / 2])
  })

  it('join images pixel by pixel, not score by score', () => {
    const [a, b] = [emptyConfusion(2), emptyConfusion(2)]
    countPixels(a, [0, 0, 0, 0], [0, 0, 0, 0])
    countPixels(b, [0], [1])
    expect(segmentationScores(joinConfusions([a, b])).iou).toEqual([4 / 5, 0])
  })

  it('refuse what cannot be', () => {
    expect(() => countPixels(emptyConfusion(2), [0, 1], [0])).toThrow('2 true and 1 predicted pixels')
    expect(() => countPixels(emptyConfusion(2), [0], [2])).toThrow('predicted class 2, there are 2')
    expect(segmentationScores(emptyConfusion(2)).mIoU).toBeNaN()
  })
})
