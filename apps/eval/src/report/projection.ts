import type { TokenSet } from '@univ/pccl'

type Point = readonly [number, number]

/** The first two principal axes of both modalities' tokens together (power iteration with deflation). */
export function projectTokens(
  rgb: TokenSet,
  ir: TokenSet,
  most = 700,
): Readonly<Record<'rgb' | 'ir', readonly Point[]>> {
  const { width } = rgb
  const pick = ({ data }: TokenSet) => {
    const rows = data.length / width
    const step = Math.max(1, Math.floor(rows / most))
    return Array.from({ length: Math.floor(rows / step) }, (_, i) =>
      data.subarray(i * step * width, (i * step + 1) * width),
    )
  }
  const [a, b] = [pick(rgb), pick(ir)]
  const all = [...a, ...b]
  const mean = Float64Array.from(
    { length: width },
    (_, c) => all.reduce((sum, row) => sum + row[c]!, 0) / all.length,
  )
  const centred = all.map((row) => Float64Array.from(row, (value, c) => value - mean[c]!))
  const axes: Float64Array[] = []
  for (let axis = 0; axis < 2; axis++) {
    let vector = Float64Array.from({ length: width }, (_, c) => Math.cos(c + axis))
    for (let iteration = 0; iteration < 60; iteration++) {
      const next = new Float64Array(width)
      for (const row of centred) {
        const product = dot(row, vector)
        for (let c = 0; c < width; c++) next[c]! += product * row[c]!
      }
      for (const found of axes) {
        const along = dot(next, found)
        for (let c = 0; c < width; c++) next[c]! -= along * found[c]!
      }
      const length = Math.sqrt(dot(next, next)) || 1
      vector = next.map((value) => value / length)
    }
    axes.push(vector)
  }
  const points = centred.map((row): Point => [dot(row, axes[0]!), dot(row, axes[1]!)])
  return { rgb: points.slice(0, a.length), ir: points.slice(a.length) }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let c = 0; c < a.length; c++) sum += a[c]! * b[c]!
  return sum
}
