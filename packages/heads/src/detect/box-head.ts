import * as tf from '@tensorflow/tfjs-core'
import { type HostArray, type LinearParams, linear, type Rng, relu, type Tree } from '@univ/nn'
import type { DetectorConfig } from './detector-config'
import { type NormedConvParams, normedConv } from './feature-pyramid'
import { norm, predictor, reluConv, reluLinear } from './head-parameters'
import { absoluteError } from './losses'
import type { RegionTargets } from './regions'

/** Side of the regions that the box head sees. */
export const boxRegionSize = 7

/** Convolutions with LayerNorm, one hidden layer, predictions ("4conv1fc"). */
export interface BoxHeadParams {
  readonly conv: readonly NormedConvParams[]
  readonly hidden: LinearParams
  /** Background is the last class. */
  readonly classes: LinearParams
  readonly deltas: LinearParams
}

export interface BoxHeadOutput {
  /** Logits, background last: `[regions, classes + 1]`. */
  readonly logits: tf.Tensor2D
  /** `[regions, classes, 4]` */
  readonly deltas: tf.Tensor3D
}

/** Random weights. */
export function initBoxHead(
  { channels, boxConvs, boxWidth, classes }: DetectorConfig,
  rng: Rng,
): Tree<HostArray> {
  return {
    conv: Array.from({ length: boxConvs }, () => ({
      conv: reluConv(3, channels, channels, rng),
      norm: norm(channels),
    })),
    hidden: reluLinear(boxRegionSize ** 2 * channels, boxWidth, rng),
    classes: predictor([boxWidth, classes + 1], 0.01, rng),
    deltas: predictor([boxWidth, 4 * classes], 0.001, rng),
  }
}

/** @param regions `[regions, 7, 7, channels]` */
export function boxHead(regions: tf.Tensor4D, params: BoxHeadParams): BoxHeadOutput {
  const map = params.conv.reduce((x, conv) => relu(normedConv(x, conv, { padding: 'same' })), regions)
  const count = regions.shape[0]
  const hidden = relu(linear(tf.reshape(map, [count, -1]) as tf.Tensor2D, params.hidden))
  const deltas = linear(hidden, params.deltas)
  return {
    logits: linear(hidden, params.classes),
    deltas: tf.reshape(deltas, [count, deltas.shape[1] / 4, 4]) as tf.Tensor3D,
  }
}

/** Cross-entropy over the sample, box error of the objects' own classes; both over the number of sampled regions. */
export function boxHeadLosses(
  { logits, deltas }: BoxHeadOutput,
  targets: Pick<RegionTargets, 'deltas' | 'classes' | 'object' | 'chosen'>,
): { readonly classes: tf.Scalar; readonly boxes: tf.Scalar; readonly accuracy: tf.Scalar } {
  const kinds = deltas.shape[1]
  const samples = tf.maximum(tf.sum(targets.chosen), 1)
  const mean = (each: tf.Tensor, mask: tf.Tensor) => tf.div(tf.sum(tf.mul(each, mask)), samples) as tf.Scalar
  const wanted = tf.oneHot(targets.classes, kinds + 1)
  const crossEntropy = tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), wanted), -1))
  // Without the background's column, whose row is then all zeros; tfjs' oneHot refuses a depth of 1.
  const own = tf.expandDims(tf.slice(wanted, [0, 0], [wanted.shape[0]!, kinds]), 2)
  const hit = tf.cast(tf.equal(tf.argMax(logits, -1), targets.classes), 'float32')
  return {
    classes: mean(crossEntropy, targets.chosen),
    boxes: mean(absoluteError(tf.sum(tf.mul(deltas, own), 1), targets.deltas), targets.object),
    accuracy: mean(hit, targets.chosen),
  }
}
