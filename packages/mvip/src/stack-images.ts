import type { ImagesResult } from './decode-worker'
import { type Modality, normalisation, normaliseInto } from './normalisation'

/**
 * Puts one image of each result, normalised, one after another.
 * @param reuse Every call writes into the memory of the one before.
 * @returns a function of results and the place of the image in them, which gives `[batch, height, width, 3]`
 */
export function imageStack(
  modality: Modality,
  reuse = false,
): (results: readonly ImagesResult[], which: number) => Float32Array {
  let memory = new Float32Array(0)
  return (results, which) => {
    const { height, width } = results[0]!.images[which]!
    const size = height * width * 3
    const length = results.length * size
    if (!reuse || memory.length < length) memory = new Float32Array(length)
    const stacked = memory.subarray(0, length)
    results.forEach(({ images }, i) => {
      const { bytes, channels, blank } = images[which]!
      const place = stacked.subarray(i * size, (i + 1) * size)
      if (blank) place.fill(0)
      else normaliseInto(place, bytes, channels, normalisation[modality])
    })
    return stacked
  }
}
