/** Anchors of one pyramid level. */
export interface AnchorLevel {
  readonly stride: number
  readonly rows: number
  readonly columns: number
  /** Sides of the square anchors in pixels; other ratios have their areas. */
  readonly sizes: readonly number[]
}

/**
 * Anchor boxes, level by level, row by row, size by size, ratio by ratio; centres at the middle of every cell.
 * @param ratios Height over width.
 * @returns `[anchors, 4]` as [left, top, right, bottom] in pixels, not cut at the image
 */
export function anchorBoxes(levels: readonly AnchorLevel[], ratios: readonly number[]): Float32Array {
  const count = levels.reduce(
    (sum, { rows, columns, sizes }) => sum + rows * columns * sizes.length * ratios.length,
    0,
  )
  const boxes = new Float32Array(4 * count)
  let at = 0
  for (const { stride, rows, columns, sizes } of levels) {
    for (let cell = 0; cell < rows * columns; cell++) {
      const x = ((cell % columns) + 0.5) * stride
      const y = (Math.floor(cell / columns) + 0.5) * stride
      for (const size of sizes) {
        for (const ratio of ratios) {
          const [width, height] = [size / Math.sqrt(ratio), size * Math.sqrt(ratio)]
          boxes.set([x - width / 2, y - height / 2, x + width / 2, y + height / 2], at)
          at += 4
        }
      }
    }
  }
  return boxes
}
