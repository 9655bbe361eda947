import * as tf from '@tensorflow/tfjs-core'
import type { FeatureMap } from '@univ/backbone'
import {
  type ConvParams,
  conv2d,
  gelu,
  type HostArray,
  type LinearParams,
  layerNorm,
  linear,
  type NormParams,
  type Rng,
  ShapeError,
  type Tree,
} from '@univ/nn'
import { pyramidStrides, type StageShape } from './detector-config'
import { norm, plainConv, reluLinear } from './head-parameters'

/** Epsilon of the heads' LayerNorms (ViTDet). */
export const headEpsilon = 1e-6

/** Doubling of a map: 2×2 transposed convolution, LayerNorm, GELU. */
export interface UpParams {
  readonly expand: LinearParams
  readonly norm: NormParams
}

/** A convolution and LayerNorm over its channels. */
export interface NormedConvParams {
  readonly conv: ConvParams
  readonly norm: NormParams
}

/** Feature pyramid network; lists go from fine to coarse. */
export interface PyramidParams {
  /** Levels finer than the finest map (a ViT's), nearest to it first. */
  readonly up: readonly UpParams[]
  /** Levels coarser than the coarsest map, nearest to it first: 3×3 of stride 2. */
  readonly down: readonly ConvParams[]
  readonly lateral: readonly NormedConvParams[]
  readonly output: readonly NormedConvParams[]
}

/** Which maps are made, beside those that there are. */
function plan(stages: readonly StageShape[]) {
  const [first, last] = [stages[0]?.stride ?? 0, stages.at(-1)?.stride ?? 0]
  const finer = pyramidStrides.filter((stride) => stride < first)
  const coarser = pyramidStrides.filter((stride) => stride > last)
  const missing = pyramidStrides.filter(
    (stride) => stride >= first && stride <= last && !stages.some((stage) => stage.stride === stride),
  )
  if (!pyramidStrides.some((stride) => stride === first) || missing.length > 0)
    throw new ShapeError(
      `feature pyramid: maps of strides ${pyramidStrides.join(', ')} are wanted, or a run of them; the backbone gives ${stages.map(({ stride }) => stride).join(', ')}`,
    )
  return { finer, coarser }
}

/** Random weights. @param stages The backbone's maps, finest first. */
export function initPyramid(stages: readonly StageShape[], channels: number, rng: Rng): Tree<HostArray> {
  const { finer, coarser } = plan(stages)
  const [first, last] = [stages[0]!.channels, stages.at(-1)!.channels]
  const widths = pyramidStrides.map(
    (stride) =>
      stages.find((stage) => stage.stride === stride)?.channels ??
      (stride < stages[0]!.stride ? first : last),
  )
  const normed = (size: number, from: number) => ({
    conv: plainConv(size, from, channels, rng),
    norm: norm(channels),
  })
  return {
    up: finer.map(() => ({ expand: reluLinear(first, 4 * first, rng), norm: norm(first) })),
    down: coarser.map(() => plainConv(3, last, last, rng)),
    lateral: widths.map((width) => normed(1, width)),
    output: pyramidStrides.map(() => normed(3, channels)),
  }
}

function up(x: tf.Tensor4D, { expand, norm: params }: UpParams): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape
  const split = tf.reshape(linear(x, expand), [batch, height, width, 2, 2 * channels])
  const spread = tf.reshape(tf.transpose(split, [0, 1, 3, 2, 4]), [batch, 2 * height, 2 * width, channels])
  return gelu(layerNorm(spread as tf.Tensor4D, params, headEpsilon))
}

/** Every value twice in both directions. @param x `[batch, height, width, channels]` */
export function doubled(x: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape
  const wide = tf.reshape(tf.stack([x, x], 3), [batch, height, 1, 2 * width * channels])
  return tf.reshape(tf.concat([wide, wide], 2), [batch, 2 * height, 2 * width, channels]) as tf.Tensor4D
}

/** Every second value in both directions, the first one kept (FPN's level for stride 64). */
export function thinned(x: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape
  const even = tf.pad(x, [
    [0, 0],
    [0, height % 2],
    [0, width % 2],
    [0, 0],
  ])
  const [rows, columns] = [Math.ceil(height / 2), Math.ceil(width / 2)]
  const cells = tf.reshape(even, [batch * rows, 2, columns, 2 * channels])
  return tf.reshape(tf.slice(cells, [0, 0, 0, 0], [batch * rows, 1, columns, channels]), [
    batch,
    rows,
    columns,
    channels,
  ]) as tf.Tensor4D
}

export function normedConv(
  x: tf.Tensor4D,
  { conv, norm: params }: NormedConvParams,
  options?: { readonly padding?: 'same' },
): tf.Tensor4D {
  return layerNorm(conv2d(x, conv, options), params, headEpsilon)
}

/**
 * Feature pyramid (FPN): every map through a 1×1 convolution, the coarser ones added to the finer, a 3×3 on each.
 * A ViT's one map is doubled and halved first (ViTDet's simple pyramid).
 * @param stages The backbone's maps, finest first; their strides are 4, 8, 16, 32 or a run of these.
 * @returns Maps of strides 4, 8, 16, 32, 64, all of the pyramid's channels.
 */
export function featurePyramid(stages: readonly FeatureMap[], params: PyramidParams): FeatureMap[] {
  const { finer, coarser } = plan(stages.map(({ stride, values }) => ({ stride, channels: values.shape[3] })))
  const maps = stages.map(({ values }) => values)
  for (const [i] of finer.entries()) maps.unshift(up(maps[0]!, params.up[i]!))
  for (const [i] of coarser.entries())
    maps.push(conv2d(maps.at(-1)!, params.down[i]!, { stride: 2, padding: 'same' }))
  const lateral = maps.map((map, i) => normedConv(map, params.lateral[i]!))
  const merged: tf.Tensor4D[] = []
  for (let i = lateral.length - 1; i >= 0; i--)
    merged.unshift(merged[0] ? tf.add(lateral[i]!, doubled(merged[0])) : lateral[i]!)
  const levels = merged.map((map, i) => ({
    stride: pyramidStrides[i] as number,
    values: normedConv(map, params.output[i]!, { padding: 'same' }),
  }))
  return [...levels, { stride: 64, values: thinned(levels.at(-1)!.values) }]
}
