import type * as tf from '@tensorflow/tfjs-core'
import {
  type ConvParams,
  conv2d,
  convResized,
  filled,
  type HostArray,
  kaimingNormal,
  type NormParams,
  type Rng,
  relu,
  type Tree,
} from '@univ/nn'
import type { BatchNorms } from './batch-norms'

/** mmcv's ConvModule: convolution without bias, batch norm, ReLU. */
export interface ConvModuleParams {
  readonly conv: ConvParams
  readonly bn: NormParams
}

/**
 * @param x `[batch, height, width, in]`
 * @param path Where the module stands in the parameter tree.
 * @returns `[batch, height, width, out]`
 */
export function convModule(
  x: tf.Tensor4D,
  { conv, bn }: ConvModuleParams,
  norms: BatchNorms,
  path: string,
): tf.Tensor4D {
  return relu(norms.normalise(conv2d(x, conv, { padding: 'same' }), bn, `${path}.bn`))
}

/**
 * `convModule` of maps that are brought to the first one's size and put side by side in the channels.
 * @param maps `[batch, height, width, channels]` each
 * @returns `[batch, height, width, out]` of the first map's size
 */
export function convModuleOfResized(
  maps: readonly tf.Tensor4D[],
  { conv, bn }: ConvModuleParams,
  norms: BatchNorms,
  path: string,
): tf.Tensor4D {
  return relu(norms.normalise(convResized(maps, conv), bn, `${path}.bn`))
}

/** mmcv's start: Kaiming-normal kernel, norm of scale 1. */
export function initConvModule(size: number, from: number, to: number, rng: Rng): Tree<HostArray> {
  return { conv: { filter: kaimingNormal([size, size, from, to], rng) }, bn: initNorm(to) }
}

/** Scale 1, offset 0. */
export const initNorm = (width: number): Tree<HostArray> => ({
  scale: filled([width], 1),
  offset: filled([width], 0),
})
