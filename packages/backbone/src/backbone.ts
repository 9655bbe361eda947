import type * as tf from '@tensorflow/tfjs-core'
import type { HostArray, Rng, Tree } from '@univ/nn'
import type { BackboneConfig } from './configs'
import type { FeatureOptions, Features } from './features'
import { type McmaeParams, mcmae, mcmaeSpecs } from './mcmae'
import { drawParameters } from './parameter-spec'
import { type VitParams, vit, vitSpecs } from './vit'

/**
 * Tokens, attention and stages of either family.
 * @param images Normalised, `[batch, height, width, 3]`.
 * @param params The family's parameter records, with or without LoRA branches.
 */
export function features(
  images: tf.Tensor4D,
  params: Tree<tf.Tensor>,
  config: BackboneConfig,
  options?: FeatureOptions,
): Features {
  return config.family === 'mcmae'
    ? mcmae(images, params as unknown as McmaeParams, config, options)
    : vit(images, params as unknown as VitParams, config, options)
}

/** Random weights. */
export function initBackbone(config: BackboneConfig, rng: Rng): Tree<HostArray> {
  return drawParameters(config.family === 'mcmae' ? mcmaeSpecs(config) : vitSpecs(config), rng)
}
