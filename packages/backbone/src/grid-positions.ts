import * as tf from '@tensorflow/tfjs-core'
import { resize } from '@univ/nn'

/**
 * MCMAE's positions for a grid of patches: as stored, or resized bicubically where the image is not of the trained size.
 * @param stored `[1, side · side, width]`
 * @returns `[1, rows · columns, width]`
 */
export function gridPositions(stored: tf.Tensor3D, rows: number, columns: number): tf.Tensor3D {
  const [, count, width] = stored.shape
  const side = Math.round(Math.sqrt(count))
  if (rows === side && columns === side) return stored
  const map = tf.reshape(stored, [1, side, side, width]) as tf.Tensor4D
  return tf.reshape(resize(map, rows, columns, 'bicubic'), [1, rows * columns, width])
}
