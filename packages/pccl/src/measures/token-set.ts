/** Patch tokens of several images on the host, `[images, tokens, width]`. */
export interface TokenSet {
  readonly data: Float32Array
  readonly images: number
  /** Rows and columns of the patch grid. */
  readonly grid: readonly [number, number]
  readonly width: number
}

/** Tokens of one image. */
export const tokensPerImage = ({ grid }: TokenSet): number => grid[0] * grid[1]

/** The same tokens with rows of length 1. */
export function normalisedRows({ data, width }: TokenSet): Float32Array {
  const unit = new Float32Array(data.length)
  for (let start = 0; start < data.length; start += width) {
    let square = 0
    for (let c = 0; c < width; c++) square += data[start + c]! ** 2
    const scale = 1 / (Math.sqrt(square) + 1e-12)
    for (let c = 0; c < width; c++) unit[start + c] = data[start + c]! * scale
  }
  return unit
}

/** @throws Error where two sets do not hold the same images, grid and width. */
export function checkAlike(a: TokenSet, b: TokenSet): void {
  const text = ({ images, grid, width }: TokenSet) =>
    `${images} images, grid ${grid.join('×')}, width ${width}`
  if (text(a) !== text(b)) throw new Error(`token sets differ: ${text(a)} against ${text(b)}`)
}
