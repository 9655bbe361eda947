import type { DetectionScene } from '@univ/mvip'
import { expect, it } from 'vitest'
import { slotMasks } from './slot-masks'

const scene: DetectionScene = {
  id: 'a',
  files: {},
  width: 4,
  height: 2,
  objects: [
    // The left half of the image, and its last pixel.
    { class: 0, box: [0, 0, 2, 2], crowd: false, area: 4, segmentation: { size: [2, 4], counts: [0, 4, 4] } },
    { class: 0, box: [3, 1, 1, 1], crowd: false, area: 1, segmentation: { size: [2, 4], counts: [7, 1] } },
  ],
}
const masksOf = (flip: boolean, objects = [1, 0]) => {
  // The image at twice its size in the corner of a canvas of 4 × 8: masks have half of that again.
  const placed = { view: { left: 0, top: 0, width: 1, height: 1, flip }, width: 8, height: 4 }
  return slotMasks(
    { shown: [{ scene, modality: 'rgb', placed }], objects: Int32Array.from(objects) },
    2,
    [4, 8],
  )
}

it('follow the image into their slots, mirrored with it', () => {
  expect([...masksOf(false)]).toEqual([0, 0, 0, 0, 0, 0, 0, 1, ...[1, 1, 0, 0, 1, 1, 0, 0]])
  expect([...masksOf(true)]).toEqual([0, 0, 0, 0, 1, 0, 0, 0, ...[0, 0, 1, 1, 0, 0, 1, 1]])
  expect([...masksOf(false, [-1, -1])].every((value) => value === 0)).toBe(true)
})

it('are cut with a view, and empty beside the image', () => {
  const placed = { view: { left: 0.5, top: 0, width: 0.5, height: 1, flip: false }, width: 4, height: 4 }
  const masks = slotMasks(
    { shown: [{ scene, modality: 'rgb', placed }], objects: Int32Array.of(1) },
    1,
    [4, 8],
  )
  expect([...masks]).toEqual([0, 0, 0, 0, 0, 1, 0, 0])
})
