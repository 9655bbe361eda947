import { segmentationMask, toBitmap } from '@univ/heads'
import type { DetectionBatch, ObjectAnnotation, ShownImage } from '@univ/mvip'

/** Pixels of the canvas for each value of a mask. */
export const maskStride = 2

/**
 * The objects' masks in their slots, as a mask head learns from them: 0 and 1 at half the canvas' resolution.
 * @returns `[batch, slots, height / 2, width / 2]`
 * @throws Error naming the image of an object that has no mask, or none that can be read.
 */
export function slotMasks(
  { shown, objects }: Pick<DetectionBatch, 'shown' | 'objects'>,
  slots: number,
  [height, width]: readonly [number, number],
): Float32Array {
  const [rows, columns] = [height / maskStride, width / maskStride]
  const masks = new Float32Array(shown.length * slots * rows * columns)
  for (const [image, place] of shown.entries())
    for (let slot = 0; slot < slots; slot++) {
      const object = place.scene.objects[objects[image * slots + slot]!]
      if (!object) continue
      const start = (image * slots + slot) * rows * columns
      drawMask(masks.subarray(start, start + rows * columns), columns, place, object)
    }
  return masks
}

function drawMask(
  target: Float32Array,
  columns: number,
  { scene, placed: { view, width, height } }: ShownImage,
  { segmentation }: ObjectAnnotation,
): void {
  const bitmap = toBitmap(segmentationMask(segmentation, scene, scene.id))
  const [scaleX, scaleY] = [(view.width * scene.width) / width, (view.height * scene.height) / height]
  for (let i = 0; i < target.length; i++) {
    const [x, y] = [((i % columns) + 0.5) * maskStride, (Math.floor(i / columns) + 0.5) * maskStride]
    if (x >= width || y >= height) continue
    const column = Math.floor(view.left * scene.width + (view.flip ? width - x : x) * scaleX)
    const row = Math.floor(view.top * scene.height + y * scaleY)
    target[i] = bitmap[row * scene.width + column] ?? 0
  }
}
