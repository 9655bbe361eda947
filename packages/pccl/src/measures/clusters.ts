import type { TokenSet } from './token-set'

/** Lloyd's k-means with spread-out starting points; the same classes on every run. @returns Class of every token. */
export function clusterTokens({ data, width }: TokenSet, classes: number, iterations = 20): Int32Array {
  const rows = data.length / width
  const centres = new Float64Array(classes * width)
  const nearest = new Float64Array(rows).fill(Infinity)
  const labels = new Int32Array(rows)
  const distance = (row: number, centre: number) => {
    let sum = 0
    for (let c = 0; c < width; c++) sum += (data[row * width + c]! - centres[centre * width + c]!) ** 2
    return sum
  }
  // Farthest-point start: each centre is the token that lies farthest from those chosen so far.
  let pick = 0
  for (let k = 0; k < classes; k++) {
    for (let c = 0; c < width; c++) centres[k * width + c] = data[pick * width + c]!
    for (let row = 0; row < rows; row++) nearest[row] = Math.min(nearest[row]!, distance(row, k))
    pick = nearest.reduce((best, value, row) => (value > nearest[best]! ? row : best), 0)
  }
  for (let iteration = 0; iteration < iterations; iteration++) {
    const counts = new Int32Array(classes)
    const sums = new Float64Array(classes * width)
    for (let row = 0; row < rows; row++) {
      let [best, least] = [0, Infinity]
      for (let k = 0; k < classes; k++) {
        const away = distance(row, k)
        if (away < least) [best, least] = [k, away]
      }
      labels[row] = best
      counts[best]!++
      for (let c = 0; c < width; c++) sums[best * width + c]! += data[row * width + c]!
    }
    for (let i = 0; i < sums.length; i++)
      if (counts[Math.floor(i / width)]! > 0) centres[i] = sums[i]! / counts[Math.floor(i / width)]!
  }
  return labels
}
