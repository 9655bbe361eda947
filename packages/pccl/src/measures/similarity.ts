import { checkAlike, normalisedRows, type TokenSet } from './token-set'

/** Mean cosine of the patches that show the same place. */
export function alignedCosine(a: TokenSet, b: TokenSet): number {
  checkAlike(a, b)
  const [left, right] = [normalisedRows(a), normalisedRows(b)]
  let sum = 0
  for (let i = 0; i < left.length; i++) sum += left[i]! * right[i]!
  return sum / (left.length / a.width)
}

/** `aᵀ · b` of centred columns: `[width, width]`. */
function crossProduct(a: Float64Array, b: Float64Array, width: number): Float64Array {
  const product = new Float64Array(width * width)
  for (let row = 0; row < a.length; row += width) {
    for (let i = 0; i < width; i++) {
      const value = a[row + i]!
      for (let j = 0; j < width; j++) product[i * width + j] = product[i * width + j]! + value * b[row + j]!
    }
  }
  return product
}

function centred({ data, width }: TokenSet): Float64Array {
  const mean = new Float64Array(width)
  for (let i = 0; i < data.length; i++) mean[i % width]! += data[i]!
  const rows = data.length / width
  return Float64Array.from(data, (value, i) => value - mean[i % width]! / rows)
}

const squareSum = (values: Float64Array): number => values.reduce((sum, value) => sum + value * value, 0)

/** Linear centred kernel alignment of two sets of the same patches: 1 = equal up to rotation and scale (Kornblith et al. 2019). */
export function linearCka(a: TokenSet, b: TokenSet): number {
  checkAlike(a, b)
  const [x, y] = [centred(a), centred(b)]
  const own = (values: Float64Array) => Math.sqrt(squareSum(crossProduct(values, values, a.width)))
  return squareSum(crossProduct(x, y, a.width)) / (own(x) * own(y) + 1e-30)
}

/**
 * How far classes lie apart: variance between class means over variance within classes (the paper's fig. 5 in a number).
 * @param classes Class of every token, -1 = left out.
 */
export function separability({ data, width }: TokenSet, classes: Int32Array): number {
  const sums = new Map<number, { readonly mean: Float64Array; count: number }>()
  const total = new Float64Array(width)
  let rows = 0
  classes.forEach((label, row) => {
    if (label < 0) return
    const entry = sums.get(label) ?? { mean: new Float64Array(width), count: 0 }
    sums.set(label, entry)
    entry.count++
    rows++
    for (let c = 0; c < width; c++) {
      entry.mean[c]! += data[row * width + c]!
      total[c]! += data[row * width + c]!
    }
  })
  let [between, within] = [0, 0]
  for (const { mean, count } of sums.values()) {
    for (let c = 0; c < width; c++) {
      mean[c]! /= count
      between += count * (mean[c]! - total[c]! / rows) ** 2
    }
  }
  classes.forEach((label, row) => {
    if (label < 0) return
    const { mean } = sums.get(label)!
    for (let c = 0; c < width; c++) within += (data[row * width + c]! - mean[c]!) ** 2
  })
  return between / Math.max(within, 1e-30)
}
