import { describe, expect, it } from 'vitest'
import { cropImages, drawDisplacement, sharedPatches } from './shifted-views'

describe('shifted views', () => {
  it('name the same places in both windows', () => {
    // Windows of 3 × 3 patches in an image of 5 × 5, student two to the right and one up.
    const shared = sharedPatches({ teacher: [1, 0], student: [0, 2] }, 3, 2)
    // The place at row 1, column 2 of the image.
    expect([...shared.teacher.data]).toEqual([2])
    expect([...shared.student.data]).toEqual([3])
    const near = sharedPatches({ teacher: [0, 0], student: [1, 0] }, 3, 1)
    expect([...near.teacher.data]).toEqual([3, 4, 6, 7])
    expect([...near.student.data]).toEqual([0, 1, 3, 4])
  })

  it('stay inside both windows whatever is drawn', () => {
    for (let step = 0; step < 200; step++) {
      const shared = sharedPatches(drawDisplacement(3, step, 2), 5, 2)
      for (const { data } of [shared.teacher, shared.student])
        expect(data.every((index) => index >= 0 && index < 25)).toBe(true)
    }
    expect(drawDisplacement(3, 8, 4)).toEqual(drawDisplacement(3, 8, 4))
  })

  it('are cut out of every image', () => {
    const images = Float32Array.from({ length: 2 * 9 * 3 }, (_, i) => i)
    expect([...cropImages(images, 3, 1, [1, 2])]).toEqual([15, 16, 17, 42, 43, 44])
  })
})
