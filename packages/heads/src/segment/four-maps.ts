import * as tf from '@tensorflow/tfjs-core'
import type { FeatureMap } from '@univ/backbone'
import {
  type ConvParams,
  conv2d,
  filled,
  gelu,
  type HostArray,
  kaimingNormal,
  kaimingUniform,
  type LinearParams,
  linear,
  type NormParams,
  patchify,
  type Rng,
  ShapeError,
  type Tree,
  unpatchify,
} from '@univ/nn'
import type { BatchNorms } from './batch-norms'
import { initNorm } from './conv-module'

/** The authors' fourth map, at twice the stride of the third: convolution without padding, batch norm, GELU. */
export interface CoarserMapParams {
  readonly fpn: { readonly conv: ConvParams; readonly bn: NormParams }
}

/**
 * A simple feature pyramid from one map, as mmsegmentation's plain transformers have it: transposed convolutions
 * (kernel = stride = 2, here one linear layer for each pixel) upwards, max pooling downwards.
 */
export interface SimplePyramidParams {
  readonly fpn1: { readonly up1: LinearParams; readonly bn: NormParams; readonly up2: LinearParams }
  readonly fpn2: { readonly up: LinearParams }
}

export type NeckParams = CoarserMapParams | SimplePyramidParams

/** Transposed convolution with kernel = stride = 2. @param kernel `[in, 2 · 2 · out]` */
const doubled = (x: tf.Tensor4D, params: LinearParams): tf.Tensor4D => unpatchify(linear(x, params), 2)

function coarserMap(
  { stride, values }: FeatureMap,
  { fpn }: CoarserMapParams,
  norms: BatchNorms,
): FeatureMap {
  const [, height, width] = values.shape
  if (height < 3 || width < 3)
    throw new ShapeError(
      `four maps: a map of ${height}×${width} is too small for the fourth; images need at least ${3 * stride} pixels a side`,
    )
  const coarse = conv2d(values, fpn.conv, { stride: 2 })
  return { stride: 2 * stride, values: gelu(norms.normalise(coarse, fpn.bn, 'neck.fpn.bn')) }
}

/**
 * Greatest value of every 2×2 square; an odd last row or column is left out, as `maxPool` leaves it. Not `maxPool`
 * itself: its gradient needs the places of the maxima, which ONNX Runtime does not give on WebGPU.
 */
function halved(x: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape
  const [rows, columns] = [Math.floor(height / 2), Math.floor(width / 2)]
  const even = tf.slice(x, [0, 0, 0, 0], [batch, 2 * rows, 2 * columns, channels])
  return tf.max(tf.reshape(patchify(even, 2), [batch, rows, columns, 4, channels]), 3)
}

function simplePyramid(
  { stride, values }: FeatureMap,
  { fpn1, fpn2 }: SimplePyramidParams,
  norms: BatchNorms,
): FeatureMap[] {
  const middle = gelu(norms.normalise(doubled(values, fpn1.up1), fpn1.bn, 'neck.fpn1.bn'))
  return [
    { stride: stride / 4, values: doubled(middle, fpn1.up2) },
    { stride: stride / 2, values: doubled(values, fpn2.up) },
    { stride, values },
    { stride: 2 * stride, values: halved(values) },
  ]
}

/**
 * Four maps for UPerNet from what an encoder shows: three (strides 4, 8, 16) get a fourth, one becomes four.
 * @param stages Finest first.
 * @throws ShapeError for another number of maps.
 */
export function fourMaps(
  stages: readonly FeatureMap[],
  params: NeckParams,
  norms: BatchNorms,
): readonly FeatureMap[] {
  if (stages.length === 3 && 'fpn' in params) return [...stages, coarserMap(stages[2]!, params, norms)]
  if (stages.length === 1 && 'fpn1' in params) return simplePyramid(stages[0]!, params, norms)
  throw new ShapeError(
    `four maps: ${stages.length} maps do not fit parameters ${Object.keys(params).join(', ')}; wanted 3 with fpn or 1 with fpn1, fpn2`,
  )
}

/** @param widths Channels of the encoder's maps: three or one. */
export function initNeck(widths: readonly number[], rng: Rng): Tree<HostArray> {
  const width = widths.at(-1)!
  const bias = filled([width], 0)
  if (widths.length === 3)
    return { fpn: { conv: { filter: kaimingNormal([3, 3, width, width], rng), bias }, bn: initNorm(width) } }
  if (widths.length !== 1)
    throw new ShapeError(`neck: an encoder with ${widths.length} maps; wanted 3 (MCMAE) or 1 (ViT)`)
  const up = () => ({
    kernel: kaimingUniform([width, 4 * width], rng),
    bias: filled([4 * width], 0),
  })
  return { fpn1: { up1: up(), bn: initNorm(width), up2: up() }, fpn2: { up: up() } }
}

/** Channels of the four maps. */
export const fourWidths = (widths: readonly number[]): readonly number[] =>
  widths.length === 3 ? [...widths, widths[2]!] : widths.length === 1 ? Array(4).fill(widths[0]!) : widths
