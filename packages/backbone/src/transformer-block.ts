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
  type Tree,
} from '@univ/nn'
import type { BlockFeatures, FeatureOptions } from './features'
import { layerScaleSpec, linearSpec, normSpec, type ParameterSpec } from './parameter-spec'

/** Two linear layers with GELU between. */
export interface MlpParams {
  readonly fc1: LinearParams
  readonly fc2: LinearParams
}

/** Pre-norm transformer block; `ls1`, `ls2` are layer scale where the model has it. */
export interface BlockParams {
  readonly norm1: NormParams
  readonly attn: AttentionParams
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
}

/** @param x `[batch, tokens, width]` */
export function transformerBlock(
  x: tf.Tensor3D,
  params: BlockParams,
  { heads, dropPath: rate = 0, noise }: BlockOptions,
): BlockFeatures {
  const scaled = (branch: tf.Tensor3D, scale: BlockParams['ls1']) =>
    dropPath(scale ? tf.mul(branch, scale.gamma) : branch, rate, noise)
  const mixed = attention(layerNorm(x, params.norm1, blockEpsilon), params.attn, heads)
  const attended = tf.add(x, scaled(mixed.tokens, params.ls1)) as tf.Tensor3D
  const hidden = gelu(linear(layerNorm(attended, params.norm2, blockEpsilon), params.mlp.fc1))
  const tokens = tf.add(attended, scaled(linear(hidden, params.mlp.fc2), params.ls2)) as tf.Tensor3D
  return { tokens, attention: mixed.map, keys: mixed.keys }
}

/**
 * Blocks one after another; the rate of stochastic depth rises linearly from 0 to `dropPath`.
 * @param embedded `[batch, tokens, width]`
 */
export function runBlocks(
  embedded: tf.Tensor3D,
  blocks: readonly BlockParams[],
  heads: number,
  { dropPath: most = 0, noise }: FeatureOptions = {},
): BlockFeatures[] {
  const results: BlockFeatures[] = []
  for (const [i, block] of blocks.entries()) {
    const rate = (most * i) / Math.max(1, blocks.length - 1)
    results.push(
      transformerBlock(results.at(-1)?.tokens ?? embedded, block, { heads, dropPath: rate, noise }),
    )
  }
  return results
}

/** A block's arrays. */
export function blockSpec(width: number, layerScale = false): Tree<ParameterSpec> {
  const block = {
    norm1: normSpec(width),
    attn: { qkv: linearSpec(width, 3 * width), proj: linearSpec(width, width) },
    norm2: normSpec(width),
    mlp: { fc1: linearSpec(width, 4 * width), fc2: linearSpec(4 * width, width) },
  }
  return layerScale ? { ...block, ls1: layerScaleSpec(width), ls2: layerScaleSpec(width) } : block
}
