import * as tf from '@tensorflow/tfjs-core'
import { type AttentionParams, type AttentionResult, attention } from '@univ/nn'

/** Attention within squares of patches: its cost grows with the image's area, not with its square. */
export interface WindowOptions {
  /** Side of a window in patches. ConvMAE's detector: 16. */
  readonly size: number
  /** Indices of the transformer blocks that look everywhere all the same. */
  readonly global: readonly number[]
}

/** Where the windows lie. */
interface Windows {
  readonly size: number
  /** Rows and columns of the patches. */
  readonly grid: readonly [number, number]
  /** Tokens before the patches; they attend to each other alone. */
  readonly prefix: number
}

/** Score of places that do not exist: nothing is left of it after softmax. */
const nowhere = -1e9

/**
 * Self-attention of every window by itself. Windows at the right and lower edge may be smaller: what is missing there
 * is not attended to.
 * @param x `[batch, prefix + rows · columns, width]`
 * @returns Tokens and keys as `x`; the map is each window's own, `[batch · windows, heads, size², size²]`.
 */
export function windowAttention(
  x: tf.Tensor3D,
  params: AttentionParams,
  heads: number,
  { size, grid: [rows, columns], prefix }: Windows,
): AttentionResult {
  const [batch, , width] = x.shape
  const [down, across] = [Math.ceil(rows / size), Math.ceil(columns / size)]
  const map = tf.reshape(tf.slice(x, [0, prefix, 0], [batch, rows * columns, width]), [
    batch,
    rows,
    columns,
    width,
  ])
  const even = tf.pad(map, [
    [0, 0],
    [0, down * size - rows],
    [0, across * size - columns],
    [0, 0],
  ])
  const split = tf.transpose(tf.reshape(even, [batch * down, size, across, size * width]), [0, 2, 1, 3])
  const windows = tf.reshape(split, [batch * down * across, size * size, width]) as tf.Tensor3D
  const mixed = attention(windows, params, heads, missing(batch, [rows, columns], size))
  const back = (tokens: tf.Tensor3D): tf.Tensor3D => {
    const joined = tf.transpose(tf.reshape(tokens, [batch * down, across, size, size * width]), [0, 2, 1, 3])
    const full = tf.reshape(joined, [batch, down * size, across * size, width])
    return tf.reshape(tf.slice(full, [0, 0, 0, 0], [batch, rows, columns, width]), [
      batch,
      rows * columns,
      width,
    ])
  }
  if (prefix === 0) return { tokens: back(mixed.tokens), map: mixed.map, keys: back(mixed.keys) }
  const first = attention(tf.slice(x, [0, 0, 0], [batch, prefix, width]), params, heads)
  return {
    tokens: tf.concat([first.tokens, back(mixed.tokens)], 1),
    map: mixed.map,
    keys: tf.concat([first.keys, back(mixed.keys)], 1),
  }
}

/** Added to the scores of each window's keys, `[batch · windows, 1, 1, size²]`; nothing where all windows are full. */
function missing(
  batch: number,
  [rows, columns]: readonly [number, number],
  size: number,
): tf.Tensor3D | undefined {
  if (rows % size === 0 && columns % size === 0) return undefined
  const [down, across] = [Math.ceil(rows / size), Math.ceil(columns / size)]
  const scores = Float32Array.from({ length: down * across * size * size }, (_, i) => {
    const [window, place] = [Math.floor(i / size ** 2), i % size ** 2]
    const row = Math.floor(window / across) * size + Math.floor(place / size)
    const column = (window % across) * size + (place % size)
    return row < rows && column < columns ? 0 : nowhere
  })
  const each = tf.tensor(scores, [1, down * across, 1, 1, size * size])
  // `attention` adds what it is given; this broadcasts over heads and queries.
  return tf.reshape(tf.tile(each, [batch, 1, 1, 1, 1]), [batch * down * across, 1, 1, size * size]) as never
}
