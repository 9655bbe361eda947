import type { HostArray } from './arrays'
import { ShapeError } from './shape-error'

/**
 * Fixed 2-D sine-cosine position embedding as MAE and ConvMAE compute it: the first half of the width codes the
 * column, the second the row, each as sines then cosines.
 * @returns `[rows · columns, width]`
 */
export function sinCosPositions(rows: number, columns: number, width: number): HostArray {
  if (width % 4) throw new ShapeError(`sinCosPositions: width ${width} is not a multiple of 4`)
  const quarter = width / 4
  const data = new Float32Array(rows * columns * width)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const start = (row * columns + column) * width
      for (let i = 0; i < quarter; i++) {
        const omega = 1 / 10000 ** (i / quarter)
        data[start + i] = Math.sin(column * omega)
        data[start + quarter + i] = Math.cos(column * omega)
        data[start + 2 * quarter + i] = Math.sin(row * omega)
        data[start + 3 * quarter + i] = Math.cos(row * omega)
      }
    }
  }
  return { shape: [rows * columns, width], dtype: 'float32', data }
}
