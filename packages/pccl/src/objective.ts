import * as tf from '@tensorflow/tfjs-core'
import {
  collapseBound,
  type LogitOptions,
  patchSimilarityLoss,
  pcclLogits,
  pcclLoss,
  tokenLoss,
} from './loss'

/** Tokens of one step, all `[batch, tokens, width]`, and the labels `[batch, tokens, tokens]`. */
export interface ObjectiveInputs {
  readonly rgb: tf.Tensor3D
  readonly ir: tf.Tensor3D
  readonly anchors: tf.Tensor3D
  readonly labels: tf.Tensor3D
  /** Labels of the infrared map where they differ (`lowerEmptyRows`). */
  readonly irLabels?: tf.Tensor3D
}

export interface ObjectiveOptions {
  /** Weight of the infrared term. Paper: 1. */
  readonly alpha?: number
  /** Weight of the RGB term. Paper: 1. */
  readonly beta?: number
  /** What keeps the RGB side: the paper's contrast, or distillation. Default `pccl`. */
  readonly rgbTerm?: 'pccl' | 'patch-similarity' | 'mse'
  readonly logits?: LogitOptions
}

export interface ObjectiveResult {
  readonly total: tf.Scalar
  /** Infrared against anchors. */
  readonly ia: tf.Scalar
  /** Visible against anchors. */
  readonly va: tf.Scalar
  readonly positiveRate: tf.Scalar
  /** Loss of a model that has collapsed to the rate of positives. */
  readonly collapseBound: tf.Scalar
}

/** UNIV's pre-training loss: `alpha · L(ir, anchors) + beta · L(rgb, anchors)`. */
export function pcclObjective(inputs: ObjectiveInputs, options: ObjectiveOptions = {}): ObjectiveResult {
  const { rgb, ir, anchors, labels, irLabels = labels } = inputs
  const { alpha = 1, beta = 1, rgbTerm = 'pccl', logits } = options
  const ia = pcclLoss(pcclLogits(ir, anchors, logits), irLabels)
  const va = {
    pccl: () => pcclLoss(pcclLogits(rgb, anchors, logits), labels),
    'patch-similarity': () => patchSimilarityLoss(rgb, anchors),
    mse: () => tokenLoss(rgb, anchors),
  }[rgbTerm]()
  const positiveRate = tf.mean(labels) as tf.Scalar
  const total = tf.add(tf.mul(ia, alpha), tf.mul(va, beta)) as tf.Scalar
  return { total, ia, va, positiveRate, collapseBound: collapseBound(positiveRate) }
}
