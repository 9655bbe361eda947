import type * as tf from '@tensorflow/tfjs-core'
import type { FeatureMap } from '@univ/backbone'
import type { ConvParams, HostArray, NormParams, Rng, Tree } from '@univ/nn'
import type { BatchNorms } from './batch-norms'
import { classifyPixels, initClassifier } from './classifier'
import { initNorm } from './conv-module'

/** A linear probe: batch norm, then one linear layer for each token. */
export interface LinearHeadParams {
  readonly bn: NormParams
  readonly convSeg: ConvParams
}

/** @returns logits at the map's size, `[batch, height, width, classes]` */
export function linearHead(
  { values }: FeatureMap,
  { bn, convSeg }: LinearHeadParams,
  norms: BatchNorms,
  path = 'decodeHead',
): tf.Tensor4D {
  return classifyPixels(norms.normalise(values, bn, `${path}.bn`), convSeg, undefined)
}

export function initLinearHead(width: number, classes: number, rng: Rng): Tree<HostArray> {
  return { bn: initNorm(width), convSeg: initClassifier(width, classes, rng) }
}
