import type { Region } from '../open-image'
import type { ObjectAnnotation } from './annotation'

type Box = ObjectAnnotation['box']

/** A box in the pixels of a part of its image, cut at the part's edges; undefined where nothing of it lies inside. */
export function cutBox(
  [x, y, w, h]: readonly [number, number, number, number],
  { left, top, width, height }: Region,
): Box | undefined {
  const [from, down] = [Math.max(0, x - left), Math.max(0, y - top)]
  const [right, bottom] = [Math.min(width, x - left + w), Math.min(height, y - top + h)]
  return right > from && bottom > down ? [from, down, right - from, bottom - down] : undefined
}

/**
 * An object in the pixels of a part of its image. Corners of oriented boxes and polygons are moved, not cut.
 * @returns undefined where nothing of it lies inside; text where its mask cannot be cut.
 */
export function cutObject(object: ObjectAnnotation, crop: Region): ObjectAnnotation | string | undefined {
  const box = cutBox(object.box, crop)
  if (!box) return undefined
  const area = Math.min(object.area, box[2] * box[3])
  const { segmentation } = object
  if (segmentation === undefined) return { ...object, box, area }
  if (!isPolygons(segmentation)) return 'a mask of run lengths cannot be cut with its image; give polygons'
  return { ...object, box, area, segmentation: segmentation.map((corners) => movedCorners(corners, crop)) }
}

/** Corners, `[x1, y1, …]`, in the pixels of a part of the image. */
export const movedCorners = (corners: readonly number[], { left, top }: Region): number[] =>
  corners.map((value, i) => value - (i % 2 === 0 ? left : top))

const isPolygons = (value: unknown): value is readonly (readonly number[])[] =>
  Array.isArray(value) &&
  value.every((part) => Array.isArray(part) && part.every((item) => typeof item === 'number'))
