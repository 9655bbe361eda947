import type { TokenSet } from './token-set'

/** A linear classifier of tokens, fitted on standardised features. */
export interface Probe {
  readonly classes: number
  /** `[width, classes]` */
  readonly weights: Float64Array
  /** `[classes]` */
  readonly bias: Float64Array
  readonly mean: Float64Array
  readonly deviation: Float64Array
}

export interface ProbeOptions {
  /** Full-batch steps of accelerated gradient descent. Default 150. */
  readonly iterations?: number
  /** Weight of the squared norm. Default 1e-4. */
  readonly decay?: number
}

/** Rows with a class, standardised; every feature has mean 0 and deviation 1 over the fitted rows. */
function standardise(data: Float32Array, width: number, rows: readonly number[]) {
  const [mean, deviation] = [new Float64Array(width), new Float64Array(width)]
  for (const row of rows) for (let c = 0; c < width; c++) mean[c]! += data[row * width + c]! / rows.length
  for (const row of rows)
    for (let c = 0; c < width; c++) deviation[c]! += (data[row * width + c]! - mean[c]!) ** 2 / rows.length
  for (let c = 0; c < width; c++) deviation[c] = Math.sqrt(deviation[c]!) + 1e-8
  return { mean, deviation }
}

/**
 * Multinomial logistic regression, the same result on every run: full batch, Nesterov's momentum, step size from
 * the features' Lipschitz bound.
 * @param labels Class of every token, -1 = left out.
 */
export function fitProbe(
  { data, width }: TokenSet,
  labels: Int32Array,
  classes: number,
  { iterations = 150, decay = 1e-4 }: ProbeOptions = {},
): Probe {
  const rows = [...labels.keys()].filter((row) => labels[row]! >= 0)
  if (rows.length === 0) throw new Error('probe: no token has a class')
  const { mean, deviation } = standardise(data, width, rows)
  const x = new Float32Array(rows.length * width)
  rows.forEach((row, i) => {
    for (let c = 0; c < width; c++) x[i * width + c] = (data[row * width + c]! - mean[c]!) / deviation[c]!
  })
  const wide = width + 1 // the last row is the bias
  let current = new Float64Array(wide * classes)
  let previous = current
  // Softmax' curvature is at most 1/2, and standardised rows have a mean square of `width`; a fraction of that bound
  // is what features with shared directions need.
  const step = 4 / largestEigenvalue(x, width)
  const scores = new Float64Array(classes)
  for (let iteration = 0; iteration < iterations; iteration++) {
    const momentum = iteration / (iteration + 3)
    const ahead = current.map((value, i) => value + momentum * (value - previous[i]!))
    const gradient = ahead.map((value, i) => (i < width * classes ? decay * value : 0))
    for (let i = 0; i < rows.length; i++) {
      const offset = i * width
      softmaxScores(x, offset, ahead, width, classes, scores)
      const label = labels[rows[i]!]!
      for (let k = 0; k < classes; k++) {
        const error = (scores[k]! - Number(k === label)) / rows.length
        if (Math.abs(error) < 1e-9) continue
        for (let c = 0; c < width; c++) gradient[c * classes + k]! += error * x[offset + c]!
        gradient[width * classes + k]! += error
      }
    }
    previous = current
    current = ahead.map((value, i) => value - step * gradient[i]!)
  }
  return {
    classes,
    weights: current.slice(0, width * classes),
    bias: current.slice(width * classes),
    mean,
    deviation,
  }
}

/** Greatest eigenvalue of the features' second moment (power iteration). */
function largestEigenvalue(x: Float32Array, width: number): number {
  const rows = x.length / width
  let vector = new Float64Array(width).fill(1 / Math.sqrt(width))
  let value = 1
  for (let iteration = 0; iteration < 12; iteration++) {
    const next = new Float64Array(width)
    for (let i = 0; i < rows; i++) {
      let product = 0
      for (let c = 0; c < width; c++) product += x[i * width + c]! * vector[c]!
      for (let c = 0; c < width; c++) next[c]! += (product * x[i * width + c]!) / rows
    }
    value = Math.sqrt(next.reduce((sum, item) => sum + item * item, 0))
    vector = next.map((item) => item / value)
  }
  return 2 * Math.max(value, 1)
}

function softmaxScores(
  x: Float32Array,
  offset: number,
  weights: Float64Array,
  width: number,
  classes: number,
  scores: Float64Array,
): void {
  for (let k = 0; k < classes; k++) scores[k] = weights[width * classes + k]!
  for (let c = 0; c < width; c++) {
    const value = x[offset + c]!
    for (let k = 0; k < classes; k++) scores[k]! += value * weights[c * classes + k]!
  }
  const most = Math.max(...scores)
  let sum = 0
  for (let k = 0; k < classes; k++) {
    scores[k] = Math.exp(scores[k]! - most)
    sum += scores[k]!
  }
  for (let k = 0; k < classes; k++) scores[k]! /= sum
}

/** The class of every token. */
export function predictProbe(
  { classes, weights, bias, mean, deviation }: Probe,
  { data, width }: TokenSet,
): Int32Array {
  return Int32Array.from({ length: data.length / width }, (_, row) => {
    let [best, most] = [0, -Infinity]
    for (let k = 0; k < classes; k++) {
      let score = bias[k]!
      for (let c = 0; c < width; c++)
        score += ((data[row * width + c]! - mean[c]!) / deviation[c]!) * weights[c * classes + k]!
      if (score > most) [best, most] = [k, score]
    }
    return best
  })
}

/** Share of tokens with a class that is predicted. */
export function probeAccuracy(probe: Probe, tokens: TokenSet, labels: Int32Array): number {
  const predicted = predictProbe(probe, tokens)
  let [right, count] = [0, 0]
  labels.forEach((label, row) => {
    if (label < 0) return
    count++
    right += Number(predicted[row] === label)
  })
  return right / Math.max(1, count)
}

/** Share of the most frequent class: what guessing scores. */
export function majorityShare(labels: Int32Array): number {
  const counts = new Map<number, number>()
  for (const label of labels) if (label >= 0) counts.set(label, (counts.get(label) ?? 0) + 1)
  const all = [...counts.values()]
  return (
    Math.max(0, ...all) /
    Math.max(
      1,
      all.reduce((a, b) => a + b, 0),
    )
  )
}
