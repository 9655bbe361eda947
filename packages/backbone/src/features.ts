import type * as tf from '@tensorflow/tfjs-core'
import type { NoisePool } from '@univ/nn'
import type { WindowOptions } from './window-attention'

/** A map of features. */
export interface FeatureMap {
  /** Input pixels between neighbouring values. */
  readonly stride: number
  /** `[batch, height, width, channels]` */
  readonly values: tf.Tensor4D
}

/** What one transformer block shows. */
export interface BlockFeatures {
  /** After softmax: `[batch, heads, tokens, tokens]`; of a block with windows `[batch · windows, heads, size², size²]`. */
  readonly attention: tf.Tensor4D
  /** `[batch, tokens, width]` */
  readonly keys: tf.Tensor3D
  /** The block's output, not normalised: `[batch, tokens, width]`. */
  readonly tokens: tf.Tensor3D
}

/** What an encoder gives. In a traced program only what is used is computed. */
export interface Features {
  /** After the final norm; a ViT's class and register tokens come first: `[batch, tokens, width]`. */
  readonly tokens: tf.Tensor3D
  /** The patch tokens alone, row by row. */
  readonly patchTokens: tf.Tensor3D
  /** Tokens before the patches (class, registers). */
  readonly prefix: number
  /** Rows and columns of the patch grid. */
  readonly grid: readonly [number, number]
  /** The last block's attention map. */
  readonly attention: tf.Tensor4D
  readonly blocks: readonly BlockFeatures[]
  /** Multi-scale maps, finest first: MCMAE strides 4, 8, 16; ViT one map. */
  readonly stages: readonly FeatureMap[]
}

export interface FeatureOptions {
  /** Stochastic depth: rate of the last block, linear from 0 (MCMAE: over all stages). Default 0. */
  readonly dropPath?: number
  readonly noise?: NoisePool
  /** Transformer blocks attend within windows, for large images. Default: everywhere. */
  readonly window?: WindowOptions
}
