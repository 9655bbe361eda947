import * as tf from '@tensorflow/tfjs-core'
import type { FeatureMap } from '@univ/backbone'
import { sides } from './boxes'

/** How regions become small maps of one size. */
export interface RoiAlignOptions {
  /** Side of the result. Faster R-CNN: 7 for boxes, 14 for masks. */
  readonly size: number
  /** Points along each side of a cell. Default 2. */
  readonly samples?: number
}

/**
 * Weights of a map's rows (or columns) in every cell of every region: `[regions, size, length]`. A sample at y takes
 * the rows around it by `1 - |row - y|`; the half pixel between pixel edges and centres is kept ("aligned"). Samples
 * further out than one pixel count as 0, others outside take the edge's value.
 * @param low `[regions]` @param high `[regions]` in pixels of the image
 */
export function cellWeights(
  low: tf.Tensor1D,
  high: tf.Tensor1D,
  length: number,
  stride: number,
  { size, samples = 2 }: RoiAlignOptions,
): tf.Tensor3D {
  const regions = low.shape[0]
  const start = tf.reshape(tf.sub(tf.div(low, stride), 0.5), [regions, 1])
  const extent = tf.reshape(tf.div(tf.sub(high, low), stride), [regions, 1])
  const steps = Float32Array.from({ length: size * samples }, (_, i) => (i + 0.5) / (size * samples))
  const points = tf.add(start, tf.mul(extent, tf.tensor2d(steps, [1, size * samples]))) // [regions, size · samples]
  const inside = tf.logicalAnd(tf.greaterEqual(points, -1), tf.lessEqual(points, length))
  const clamped = tf.reshape(tf.clipByValue(points, 0, length - 1), [regions, size * samples, 1])
  const rows = tf.tensor3d(
    Float32Array.from({ length }, (_, i) => i),
    [1, 1, length],
  )
  const hat = tf.relu(tf.sub(1, tf.abs(tf.sub(rows, clamped))))
  const counted = tf.mul(hat, tf.reshape(tf.cast(inside, 'float32'), [regions, size * samples, 1]))
  return tf.mean(tf.reshape(counted, [regions, size, samples, length]), 2) as tf.Tensor3D
}

/**
 * RoIAlign on one map as two matrix products, first over its rows, then over its columns: the gradient is theirs, the
 * same in every run and on every engine (a scatter of samples would be neither).
 * @param map `[batch, height, width, channels]`
 * @param boxes As many for each image, image after image, `[batch · regions, 4]`, in pixels; no gradient flows to them.
 * @param mask 0 leaves a region out (its result is 0), `[batch · regions]`.
 * @returns `[batch · regions, size, size, channels]`
 */
export function roiAlign(
  { values, stride }: FeatureMap,
  boxes: tf.Tensor2D,
  options: RoiAlignOptions,
  mask?: tf.Tensor1D,
): tf.Tensor4D {
  const [batch, height, width, channels] = values.shape
  const [count, { size }] = [boxes.shape[0], options]
  const regions = count / batch
  const weights = detachedPair(boxes, values, stride, options, mask)
  const down = tf.matMul(
    tf.reshape(weights.rows, [batch, regions * size, height]),
    tf.reshape(values, [batch, height, width * channels]),
  ) // [batch, regions · size, width · channels]
  // A row of cells has the same columns as the next: their weights are repeated rather than the map transposed.
  const columns = tf.tile(tf.reshape(weights.columns, [count, 1, size, width]), [1, size, 1, 1])
  const cells = tf.matMul(
    tf.reshape(columns, [count * size, size, width]),
    tf.reshape(down, [count * size, width, channels]),
  )
  return tf.reshape(cells, [count, size, size, channels]) as tf.Tensor4D
}

function detachedPair(
  boxes: tf.Tensor2D,
  { shape }: tf.Tensor4D,
  stride: number,
  options: RoiAlignOptions,
  mask: tf.Tensor1D | undefined,
) {
  const [left, top, right, bottom] = sides(boxes)
  const rows = cellWeights(top, bottom, shape[1], stride, options)
  const columns = cellWeights(left, right, shape[2], stride, options)
  return { rows: mask ? tf.mul(rows, tf.reshape(mask, [-1, 1, 1])) : rows, columns }
}

/**
 * RoIAlign from a pyramid: each region from the level that suits its size, 224 pixels at stride 16 (FPN, equation 1).
 * @param levels Finest first.
 * @param boxes `[batch · regions, 4]`
 * @returns `[batch · regions, size, size, channels]`
 */
export function pyramidRoiAlign(
  levels: readonly FeatureMap[],
  boxes: tf.Tensor2D,
  options: RoiAlignOptions,
): tf.Tensor4D {
  const level = regionLevels(
    boxes,
    levels.map(({ stride }) => stride),
  )
  return levels
    .map((map, i) => roiAlign(map, boxes, options, tf.cast(tf.equal(level, i), 'float32') as tf.Tensor1D))
    .reduce((sum, cells) => tf.add(sum, cells))
}

/** Index of the level that each box belongs to, `[n]`. */
export function regionLevels(boxes: tf.Tensor2D, strides: readonly number[]): tf.Tensor1D {
  const [left, top, right, bottom] = sides(boxes)
  const area = tf.mul(tf.relu(tf.sub(right, left)), tf.relu(tf.sub(bottom, top)))
  const octave = tf.floor(tf.add(4, tf.div(tf.log(tf.add(tf.div(tf.sqrt(area), 224), 1e-8)), Math.LN2))) // 4 = stride 16
  const first = Math.log2(strides[0]!)
  return tf.clipByValue(tf.sub(octave, first), 0, strides.length - 1) as tf.Tensor1D
}
