import { fieldReader } from './json-fields'
import { readMask } from './read-mask'
import type { RunLengths } from './run-lengths'

/**
 * An annotation's `segmentation` (polygons, run lengths, compressed run lengths) as run lengths.
 * @param where Named in errors.
 * @throws CocoError where it is none of these, or of another size than the image.
 */
export function segmentationMask(
  segmentation: unknown,
  size: { readonly width: number; readonly height: number },
  where: string,
): RunLengths {
  return readMask(segmentation, 'segmentation', size, fieldReader(where))
}
