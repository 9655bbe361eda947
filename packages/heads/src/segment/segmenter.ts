import type * as tf from '@tensorflow/tfjs-core'
import type { FeatureMap } from '@univ/backbone'
import { flattenTree, type HostArray, type NoisePool, type Rng, ShapeError, type Tree } from '@univ/nn'
import { namedParams } from '../named-params'
import type { BatchNorms } from './batch-norms'
import { type FcnParams, fcnHead, initFcn } from './fcn'
import { fourMaps, fourWidths, initNeck, type NeckParams } from './four-maps'
import { initLinearHead, type LinearHeadParams, linearHead } from './linear-head'
import { initUpernet, type UpernetParams, upernet } from './upernet'

/** What stands on an encoder's maps. */
export interface SegmenterConfig {
  /** `upernet` with its auxiliary FCN head, or `linear`: a probe on the coarsest map. */
  readonly head: 'upernet' | 'linear'
  readonly classes: number
  /** Width of UPerNet; authors: 768. */
  readonly channels: number
  /** Width of the auxiliary head; authors: 256. */
  readonly auxiliaryChannels: number
}

/** Parameters of one or the other; `neck` and `auxiliaryHead` are UPerNet's. */
export interface SegmenterParams {
  readonly neck?: NeckParams
  readonly decodeHead: UpernetParams | LinearHeadParams
  readonly auxiliaryHead?: FcnParams
}

/**
 * Weights as `initSegmenter` gives them, or a tree of them, by what they are for.
 * @throws ShapeError where they are of no segmenter.
 */
export function segmenterParams(weights: Tree<tf.Tensor>): SegmenterParams {
  return namedParams(weights, ['decodeHead'], 'segmenterParams') as SegmenterParams
}

export interface SegmenterLogits {
  /** `[batch, h, w, classes]` */
  readonly main: tf.Tensor4D
  /** UPerNet in training: from the third map. */
  readonly auxiliary?: tf.Tensor4D
}

/**
 * Logits from an encoder's maps.
 * @param stages Finest first; the head never sees the encoder.
 * @param noise Present in training: channel dropout.
 */
export function segmenter(
  stages: readonly FeatureMap[],
  { neck, decodeHead, auxiliaryHead }: SegmenterParams,
  norms: BatchNorms,
  noise?: NoisePool,
): SegmenterLogits {
  if ('bn' in decodeHead) return { main: linearHead(stages.at(-1)!, decodeHead, norms) }
  if (!neck) throw new ShapeError('segmenter: UPerNet has no neck to make four maps with')
  const maps = fourMaps(stages, neck, norms)
  const main = upernet(maps, decodeHead, norms, noise)
  return auxiliaryHead ? { main, auxiliary: fcnHead(maps[2]!, auxiliaryHead, norms, noise) } : { main }
}

/** @param widths Channels of the encoder's maps, finest first. */
export function initSegmenter(
  { head, classes, channels, auxiliaryChannels }: SegmenterConfig,
  widths: readonly number[],
  rng: Rng,
): Readonly<Record<string, HostArray>> {
  const tree: Tree<HostArray> =
    head === 'linear'
      ? { decodeHead: initLinearHead(widths.at(-1)!, classes, rng) }
      : {
          neck: initNeck(widths, rng),
          decodeHead: initUpernet(fourWidths(widths), channels, classes, rng),
          auxiliaryHead: initFcn(fourWidths(widths)[2]!, auxiliaryChannels, classes, rng),
        }
  return flattenTree(tree) as Record<string, HostArray>
}
