import * as tf from '@tensorflow/tfjs-core'
import { sides } from './boxes'

/** Factors of the four deltas; Faster R-CNN: 1 for the RPN, 10, 10, 5, 5 for the box head. */
export type DeltaWeights = readonly [x: number, y: number, width: number, height: number]

export const rpnWeights: DeltaWeights = [1, 1, 1, 1]
export const boxHeadWeights: DeltaWeights = [10, 10, 5, 5]

/** Growth in one step is limited to 1000 / 16, so that wild deltas cannot overflow the exponential. */
const largestGrowth = Math.log(1000 / 16)

function centres(boxes: tf.Tensor2D) {
  const [left, top, right, bottom] = sides(boxes)
  const [width, height] = [tf.sub(right, left), tf.sub(bottom, top)]
  return {
    width,
    height,
    x: tf.add(left, tf.mul(width, 0.5)),
    y: tf.add(top, tf.mul(height, 0.5)),
  }
}

/**
 * What leads from each box to its target: shift of the centre in box sizes, logarithm of growth (R-CNN, appendix C).
 * @param boxes `[n, 4]`
 * @param targets `[n, 4]`; empty ones give finite numbers that mean nothing.
 * @returns `[n, 4]`
 */
export function encodeBoxes(boxes: tf.Tensor2D, targets: tf.Tensor2D, weights: DeltaWeights): tf.Tensor2D {
  const [from, to] = [centres(boxes), centres(targets)]
  const safe = (size: tf.Tensor) => tf.maximum(size, 1e-3)
  return tf.stack(
    [
      tf.mul(tf.div(tf.sub(to.x, from.x), safe(from.width)), weights[0]),
      tf.mul(tf.div(tf.sub(to.y, from.y), safe(from.height)), weights[1]),
      tf.mul(tf.log(tf.div(safe(to.width), safe(from.width))), weights[2]),
      tf.mul(tf.log(tf.div(safe(to.height), safe(from.height))), weights[3]),
    ],
    1,
  ) as tf.Tensor2D
}

/** Boxes moved by deltas: the inverse of `encodeBoxes`. @param boxes `[n, 4]` @param deltas `[n, 4]` */
export function decodeBoxes(boxes: tf.Tensor2D, deltas: tf.Tensor2D, weights: DeltaWeights): tf.Tensor2D {
  const from = centres(boxes)
  const [dx, dy, dw, dh] = sides(deltas)
  const x = tf.add(from.x, tf.mul(tf.div(dx, weights[0]), from.width))
  const y = tf.add(from.y, tf.mul(tf.div(dy, weights[1]), from.height))
  const half = (delta: tf.Tensor, weight: number, size: tf.Tensor) =>
    tf.mul(tf.mul(tf.exp(tf.minimum(tf.div(delta, weight), largestGrowth)), size), 0.5)
  const [halfWidth, halfHeight] = [half(dw, weights[2], from.width), half(dh, weights[3], from.height)]
  return tf.stack(
    [tf.sub(x, halfWidth), tf.sub(y, halfHeight), tf.add(x, halfWidth), tf.add(y, halfHeight)],
    1,
  ) as tf.Tensor2D
}
