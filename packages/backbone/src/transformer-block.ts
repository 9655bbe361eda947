import * as tf from '@tensorflow/tfjs-core'
import {
  type AttentionParams,
  attention,
  dropPath,
  gelu,
  type LinearParams,
  layerNorm,
  linear,
  type NoisePool,
  type NormParams,
  ShapeError,
  type Tree,
} from '@univ/nn'
import type { BlockFeatures, FeatureOptions } from './features'
import { layerScaleSpec, linearSpec, normSpec, type ParameterSpec, zeros } from './parameter-spec'
import { relativeDistances, relativeIndex, relativePositionBias } from './relative-position'
import { windowAttention } from './window-attention'

/** Two linear layers with GELU between. */
export interface MlpParams {
  readonly fc1: LinearParams
  readonly fc2: LinearParams
}

/** Pre-norm transformer block; `ls1`, `ls2` are layer scale where the model has it. */
export interface BlockParams {
  readonly norm1: NormParams
  /** `relativePositionBiasTable`: `[distances, heads]`, where fine-tuning has it. */
  readonly attn: AttentionParams & { readonly relativePositionBiasTable?: tf.Tensor2D }
  readonly norm2: NormParams
  readonly mlp: MlpParams
  readonly ls1?: { readonly gamma: tf.Tensor1D }
  readonly ls2?: { readonly gamma: tf.Tensor1D }
}

/** LayerNorm epsilon of transformer blocks and final norms (ViT, MAE, ConvMAE stage 3). */
export const blockEpsilon = 1e-6

export interface BlockOptions {
  readonly heads: number
  readonly dropPath?: number
  readonly noise?: NoisePool
  /** Default 1e-6. */
  readonly epsilon?: number
  /** Added to the scores before softmax: `[heads, tokens, tokens]`. */
  readonly bias?: tf.Tensor3D
  /** Attend within windows of this side only. */
  readonly window?: Parameters<typeof windowAttention>[3]
}

/** @param x `[batch, tokens, width]` */
export function transformerBlock(
  x: tf.Tensor3D,
  params: BlockParams,
  { heads, dropPath: rate = 0, noise, epsilon = blockEpsilon, bias, window }: BlockOptions,
): BlockFeatures {
  const scaled = (branch: tf.Tensor3D, scale: BlockParams['ls1']) =>
    dropPath(scale ? tf.mul(branch, scale.gamma) : branch, rate, noise)
  const normed = layerNorm(x, params.norm1, epsilon)
  const mixed = window
    ? windowAttention(normed, params.attn, heads, window)
    : attention(normed, params.attn, heads, bias)
  const attended = tf.add(x, scaled(mixed.tokens, params.ls1)) as tf.Tensor3D
  const hidden = gelu(linear(layerNorm(attended, params.norm2, epsilon), params.mlp.fc1))
  const tokens = tf.add(attended, scaled(linear(hidden, params.mlp.fc2), params.ls2)) as tf.Tensor3D
  return { tokens, attention: mixed.map, keys: mixed.keys }
}

/** What all blocks of an encoder share. */
export interface BlocksConfig {
  readonly heads: number
  /** Rows and columns of the patches, which relative positions are about. */
  readonly grid: readonly [number, number]
  /** Tokens before the patches. */
  readonly prefix: number
  readonly epsilon?: number
  /** Blocks that went before: the rate of stochastic depth counts them. Default 0. */
  readonly before?: number
}

/** Rate of stochastic depth of block `index` of `count`, rising linearly from 0. */
export const depthRate = (most: number, index: number, count: number): number =>
  (most * index) / Math.max(1, count - 1)

/**
 * Blocks one after another; the rate of stochastic depth rises linearly to `dropPath`.
 * @param embedded `[batch, tokens, width]`
 */
export function runBlocks(
  embedded: tf.Tensor3D,
  blocks: readonly BlockParams[],
  { heads, grid, prefix, epsilon, before = 0 }: BlocksConfig,
  { dropPath: most = 0, noise, window }: FeatureOptions = {},
): BlockFeatures[] {
  const results: BlockFeatures[] = []
  const tabled = blocks.some(({ attn }) => attn.relativePositionBiasTable)
  if (tabled && window)
    throw new ShapeError(
      'window attention: relative positions are about the whole grid; use one or the other',
    )
  const index = tabled ? tf.tensor1d(relativeIndex(grid), 'int32') : undefined
  for (const [i, block] of blocks.entries()) {
    const table = block.attn.relativePositionBiasTable
    results.push(
      transformerBlock(results.at(-1)?.tokens ?? embedded, block, {
        heads,
        dropPath: depthRate(most, before + i, before + blocks.length),
        noise,
        epsilon,
        bias: table && index ? relativePositionBias(table, index, grid, prefix) : undefined,
        window: window && !window.global.includes(i) ? { size: window.size, grid, prefix } : undefined,
      }),
    )
  }
  return results
}

/** A block's arrays. */
export function blockSpec(
  width: number,
  {
    layerScale = false,
    relativePosition,
    heads,
  }: { readonly layerScale?: boolean; readonly relativePosition?: number; readonly heads: number },
): Tree<ParameterSpec> {
  const table: Readonly<Record<string, Tree<ParameterSpec>>> =
    relativePosition === undefined
      ? {}
      : { relativePositionBiasTable: zeros([relativeDistances(relativePosition), heads]) }
  const block = {
    norm1: normSpec(width),
    attn: { qkv: linearSpec(width, 3 * width), proj: linearSpec(width, width), ...table },
    norm2: normSpec(width),
    mlp: { fc1: linearSpec(width, 4 * width), fc2: linearSpec(4 * width, width) },
  }
  return layerScale ? { ...block, ls1: layerScaleSpec(width), ls2: layerScaleSpec(width) } : block
}
