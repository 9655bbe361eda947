import type { Numbers } from './every-model'

/** By name the largest difference of two arrays' elements, as a share of the largest element or of 1. */
export function largestDifferences(ours: Numbers, plain: Numbers): Readonly<Record<string, number>> {
  const names = Object.keys(plain)
  if (`${Object.keys(ours)}` !== `${names}`)
    throw new Error(`there is ${Object.keys(ours)} instead of ${names}`)
  return Object.fromEntries(
    Object.entries(plain).map(([name, { data }]) => {
      let [largest, scale] = [0, 1]
      for (let i = 0; i < data.length; i++) {
        largest = Math.max(largest, Math.abs(data[i]! - ours[name]!.data[i]!))
        scale = Math.max(scale, Math.abs(data[i]!))
      }
      return [name, largest / scale]
    }),
  )
}
