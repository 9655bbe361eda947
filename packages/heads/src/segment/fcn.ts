import type * as tf from '@tensorflow/tfjs-core'
import type { FeatureMap } from '@univ/backbone'
import type { ConvParams, HostArray, NoisePool, Rng, Tree } from '@univ/nn'
import type { BatchNorms } from './batch-norms'
import { classifyPixels, initClassifier } from './classifier'
import { type ConvModuleParams, convModule, initConvModule } from './conv-module'

/** A fully convolutional head of one map; in training UPerNet's auxiliary. */
export interface FcnParams {
  readonly convs: readonly ConvModuleParams[]
  readonly convSeg: ConvParams
}

/** @returns logits at the map's size, `[batch, height, width, classes]` */
export function fcnHead(
  { values }: FeatureMap,
  { convs, convSeg }: FcnParams,
  norms: BatchNorms,
  noise?: NoisePool,
  path = 'auxiliaryHead',
): tf.Tensor4D {
  const mixed = convs.reduce((x, conv, i) => convModule(x, conv, norms, `${path}.convs.${i}`), values)
  return classifyPixels(mixed, convSeg, noise)
}

/** One 3×3 module, as the authors have it. */
export function initFcn(width: number, channels: number, classes: number, rng: Rng): Tree<HostArray> {
  return {
    convs: [initConvModule(3, width, channels, rng)],
    convSeg: initClassifier(channels, classes, rng),
  }
}
