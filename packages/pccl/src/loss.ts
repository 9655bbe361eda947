import * as tf from '@tensorflow/tfjs-core'
import { tokenCosines, unitRows } from './pseudo-label'

/** A fixed temperature (paper: 0.04), or a learned scale and bias on the cosine as in SigLIP. */
export type LogitOptions =
  | { readonly temperature: number }
  | { readonly scale: tf.Tensor; readonly bias: tf.Tensor }

/**
 * Similarity of every student patch with every anchor of its image.
 * @param student `[batch, tokens, width]`
 * @param anchors The frozen teacher's tokens, `[batch, tokens, width]`.
 * @returns `[batch, tokens (student), tokens (anchors)]`
 */
export function pcclLogits(
  student: tf.Tensor3D,
  anchors: tf.Tensor3D,
  options: LogitOptions = { temperature: 0.04 },
): tf.Tensor3D {
  const cosine = tf.matMul(unitRows(student), unitRows(anchors), false, true)
  return 'temperature' in options
    ? tf.div(cosine, options.temperature)
    : (tf.add(tf.mul(cosine, options.scale), options.bias) as tf.Tensor3D)
}

/**
 * Binary cross-entropy of all pairs. The reference averages the loss of the map and of its transpose against the
 * transposed labels; both are the mean of the same numbers, so one is computed.
 */
export function pcclLoss(logits: tf.Tensor3D, labels: tf.Tensor3D): tf.Scalar {
  return tf.mean(tf.sub(tf.softplus(logits), tf.mul(logits, labels))) as tf.Scalar
}

/** What the loss falls to when nothing but the rate of positives is predicted: `-p·log p - (1-p)·log(1-p)`. */
export function collapseBound(positiveRate: tf.Tensor): tf.Scalar {
  const p = tf.clipByValue(positiveRate, 1e-7, 1 - 1e-7)
  const q = tf.sub(1, p)
  return tf.neg(tf.add(tf.mul(p, tf.log(p)), tf.mul(q, tf.log(q)))) as tf.Scalar
}

/** The RGB term instead: squared difference of the two cosine matrices (`patch_simi` in the reference). */
export function patchSimilarityLoss(student: tf.Tensor3D, teacher: tf.Tensor3D): tf.Scalar {
  return tf.mean(tf.square(tf.sub(tokenCosines(student), tokenCosines(teacher)))) as tf.Scalar
}

/** The RGB term instead: squared difference of the tokens. */
export function tokenLoss(student: tf.Tensor3D, teacher: tf.Tensor3D): tf.Scalar {
  return tf.mean(tf.squaredDifference(student, teacher)) as tf.Scalar
}

/**
 * Lowers the labels of rows whose IR patch carries no information (`ir_info` in the reference): by 0.7, not below 0.
 * @param empty 1 where the patch is empty: `[batch, tokens]`.
 */
export function lowerEmptyRows(labels: tf.Tensor3D, empty: tf.Tensor2D): tf.Tensor3D {
  return tf.relu(tf.sub(labels, tf.mul(tf.expandDims(empty, -1), 0.7))) as tf.Tensor3D
}

/**
 * Patches of an IR image without information: those whose grey values spread least. The reference's own measure is
 * unpublished ("grey-value rank"); here a patch counts as empty when its standard deviation is below `threshold`.
 * @param ir Normalised, `[batch, height, width, 3]`.
 * @param threshold In units of the normalised image. Default 0.05.
 * @returns `[batch, tokens]`, 1 = empty
 */
export function emptyPatches(ir: tf.Tensor4D, patch = 16, threshold = 0.05): tf.Tensor2D {
  const [batch, height, width] = ir.shape
  const grey = tf.reshape(tf.slice(ir, [0, 0, 0, 0], [-1, -1, -1, 1]), [
    batch,
    height / patch,
    patch,
    width / patch,
    patch,
  ])
  const patches = tf.reshape(tf.transpose(grey, [0, 1, 3, 2, 4]), [
    batch,
    (height / patch) * (width / patch),
    patch * patch,
  ])
  const spread = tf.mean(tf.square(tf.sub(patches, tf.mean(patches, -1, true))), -1)
  return tf.cast(tf.less(spread, threshold ** 2), 'float32') as tf.Tensor2D
}
