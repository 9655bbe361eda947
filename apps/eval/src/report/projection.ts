import type { TokenSet } from '@univ/pccl'

type Point = readonly [number, number]

/**
 * The first two principal axes of both modalities' tokens together (power iteration with deflation), and how much of
 * the variance they show.
 * @param most Tokens of each modality that are drawn.
 */
export function projectTokens(
  rgb: TokenSet,
  ir: TokenSet,
  most = 700,
): Readonly<Record<'rgb' | 'ir', readonly Point[]>> & { readonly share: number } {
  const { width } = rgb
  const rows = rgb.data.length / width
  const count = Math.min(rows, most)
  // Golden-ratio steps: even over images and places, whatever the grid; a fixed stride would pick columns of it.
  const places = Array.from({ length: count }, (_, i) =>
    count === rows ? i : Math.floor(((i * 0.6180339887498949) % 1) * rows),
  )
  const pick = ({ data }: TokenSet) => places.map((row) => data.subarray(row * width, (row + 1) * width))
  const all = [...pick(rgb), ...pick(ir)]
  const mean = new Float64Array(width)
  for (const row of all) for (let c = 0; c < width; c++) mean[c]! += row[c]! / all.length
  const centred = all.map((row) => Float64Array.from(row, (value, c) => value - mean[c]!))
  const axes: Float64Array[] = []
  for (let axis = 0; axis < 2; axis++) axes.push(principalAxis(centred, width, axes))
  const points = centred.map((row): Point => [dot(row, axes[0]!), dot(row, axes[1]!)])
  const shown = points.reduce((sum, [x, y]) => sum + x * x + y * y, 0)
  const total = centred.reduce((sum, row) => sum + dot(row, row), 0)
  return { rgb: points.slice(0, count), ir: points.slice(count), share: shown / Math.max(total, 1e-30) }
}

function principalAxis(centred: readonly Float64Array[], width: number, found: readonly Float64Array[]) {
  let vector: Float64Array = Float64Array.from({ length: width }, (_, c) => Math.cos(c + found.length))
  for (let iteration = 0; iteration < 60; iteration++) {
    const next = new Float64Array(width)
    for (const row of centred) {
      const product = dot(row, vector)
      for (let c = 0; c < width; c++) next[c]! += product * row[c]!
    }
    for (const axis of found) {
      const along = dot(next, axis)
      for (let c = 0; c < width; c++) next[c]! -= along * axis[c]!
    }
    const length = Math.sqrt(dot(next, next)) || 1
    vector = next.map((value) => value / length)
  }
  return vector
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let c = 0; c < a.length; c++) sum += a[c]! * b[c]!
  return sum
}
