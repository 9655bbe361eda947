import type { ImagesResult } from './decode-worker'
import { type Modality, normalisation, normaliseInto } from './normalisation'

/** One image of each result, normalised, one after another: `[batch, height, width, 3]`. */
export function stackImages(
  results: readonly ImagesResult[],
  which: number,
  modality: Modality,
): Float32Array {
  const { height, width } = results[0]!.images[which]!
  const size = height * width * 3
  const stacked = new Float32Array(results.length * size)
  results.forEach(({ images }, i) => {
    const { bytes, channels, blank } = images[which]!
    const place = stacked.subarray(i * size, (i + 1) * size)
    if (!blank) normaliseInto(place, bytes, channels, normalisation[modality])
  })
  return stacked
}
