import * as tf from '@tensorflow/tfjs-core'

// Boxes are [left, top, right, bottom] in pixels of the input image; n, m: numbers of boxes.

/** The four coordinates, each `[n]`. @param boxes `[n, 4]` */
export function sides(boxes: tf.Tensor2D): [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D] {
  const n = boxes.shape[0]
  const column = (i: number) => tf.reshape(tf.slice(boxes, [0, i], [n, 1]), [n]) as tf.Tensor1D
  return [column(0), column(1), column(2), column(3)]
}

/**
 * Intersection over union of every box with every other; 0 where a box is empty.
 * @param a `[n, 4]`
 * @param b `[m, 4]`
 * @returns `[n, m]`
 */
export function pairwiseOverlap(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  const [n, m] = [a.shape[0], b.shape[0]]
  const rows = sides(a).map((side) => tf.reshape(side, [n, 1]))
  const columns = sides(b).map((side) => tf.reshape(side, [1, m]))
  const common = [0, 1].map((axis) =>
    tf.relu(tf.sub(tf.minimum(rows[axis + 2]!, columns[axis + 2]!), tf.maximum(rows[axis]!, columns[axis]!))),
  )
  const intersection = tf.mul(common[0]!, common[1]!)
  const area = (s: tf.Tensor[]) => tf.mul(tf.relu(tf.sub(s[2]!, s[0]!)), tf.relu(tf.sub(s[3]!, s[1]!)))
  const union = tf.sub(tf.add(area(rows), area(columns)), intersection)
  return tf.div(intersection, tf.maximum(union, 1e-6))
}

/** Boxes cut at the image's edges. @param boxes `[n, 4]` @param size Height and width */
export function clipBoxes(boxes: tf.Tensor2D, [height, width]: readonly [number, number]): tf.Tensor2D {
  const limit = tf.tensor2d([[width, height, width, height]])
  return tf.minimum(tf.relu(boxes), limit)
}
