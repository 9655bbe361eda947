import { bitCount } from './difference-hash'

/** 64 bits of the visible and 64 of the infrared image, as four words. A missing image has zeros. */
export const hashWords = 4

/** Number of bits in which two samples differ. */
export function hashDistance(hashes: Uint32Array, a: number, b: number): number {
  let distance = 0
  for (let word = 0; word < hashWords; word++)
    distance += bitCount((hashes[a * hashWords + word]! ^ hashes[b * hashWords + word]!) | 0)
  return distance
}

/** Eight stretches of 16 bits: two samples that differ in 7 bits at most agree in one of them. */
const bands = 8
export const largestDistance = bands - 1

/**
 * Finds samples that look like an earlier one. Memory: 4 bytes a band and sample. Only samples that were kept are
 * compared with, so that a thousand copies cost no more than one.
 * @param hashes `[samples, 4]`
 * @param distance Largest number of differing bits, 0-7.
 */
export function duplicateFinder(hashes: Uint32Array, distance: number) {
  if (!Number.isInteger(distance) || distance < 0 || distance > largestDistance)
    throw new Error(`near-duplicates: distance ${distance}; 0 to ${largestDistance} bits can be searched`)
  const samples = hashes.length / hashWords
  const first = Array.from({ length: bands }, () => new Int32Array(65536).fill(-1))
  const next = Array.from({ length: bands }, () => new Int32Array(samples).fill(-1))
  const key = (sample: number, band: number) =>
    (hashes[sample * hashWords + (band >> 1)]! >>> (band & 1 ? 16 : 0)) & 0xffff
  return {
    /** The most alike of the kept samples, the earliest of equals. */
    find(sample: number): { readonly like: number; readonly distance: number } | undefined {
      let best: { like: number; distance: number } | undefined
      for (let band = 0; band < bands; band++) {
        for (let other = first[band]![key(sample, band)]!; other >= 0; other = next[band]![other]!) {
          const found = hashDistance(hashes, sample, other)
          if (found > distance) continue
          if (!best || found < best.distance || (found === best.distance && other < best.like))
            best = { like: other, distance: found }
        }
      }
      return best
    },
    keep(sample: number): void {
      for (let band = 0; band < bands; band++) {
        const at = key(sample, band)
        next[band]![sample] = first[band]![at]!
        first[band]![at] = sample
      }
    },
  }
}
