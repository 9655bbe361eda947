import * as tf from '@tensorflow/tfjs-core'
import { resize } from '@univ/nn'

/** Rows and columns of patches. */
type Grid = readonly [rows: number, columns: number]

/** Entries of a table for a square of `side` patches: every displacement that two of them can have. */
export const relativeDistances = (side: number): number => (2 * side - 1) ** 2

/** For every pair of patches the row of its displacement in the table: `[tokens · tokens]`, query first. */
export function relativeIndex([rows, columns]: Grid): Int32Array {
  const tokens = rows * columns
  return Int32Array.from({ length: tokens * tokens }, (_, i) => {
    const [query, key] = [Math.floor(i / tokens), i % tokens]
    const down = Math.floor(query / columns) - Math.floor(key / columns) + rows - 1
    const right = (query % columns) - (key % columns) + columns - 1
    return down * (2 * columns - 1) + right
  })
}

/**
 * Learned relative position bias (Swin, BEiT) as scores to add before softmax. A table made for another grid is
 * resized bicubically, as BEiT's checkpoints are; class and register tokens get none.
 * @param table `[distances, heads]` of a square grid.
 * @param index `relativeIndex(grid)`, shared by the blocks.
 * @param prefix Tokens before the patches.
 * @returns `[heads, tokens, tokens]`
 */
export function relativePositionBias(
  table: tf.Tensor2D,
  index: tf.Tensor1D,
  [rows, columns]: Grid,
  prefix: number,
): tf.Tensor3D {
  const [distances, heads] = table.shape
  const side = Math.sqrt(distances)
  const map = tf.reshape(table, [1, side, side, heads]) as tf.Tensor4D
  const fitted = resize(map, 2 * rows - 1, 2 * columns - 1, 'bicubic')
  const tokens = rows * columns
  const rowsOfTable = tf.gather(tf.reshape(fitted, [-1, heads]), index) // [tokens · tokens, heads]
  const bias = tf.reshape(tf.transpose(rowsOfTable), [heads, tokens, tokens]) as tf.Tensor3D
  if (prefix === 0) return bias
  return tf.pad(bias, [
    [0, 0],
    [prefix, 0],
    [prefix, 0],
  ])
}
