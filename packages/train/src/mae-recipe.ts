import type * as tf from '@tensorflow/tfjs-core'
import {
  drawMask,
  encoderOnly,
  initBackbone,
  initDecoder,
  type MaskedAutoencoderParams,
  type McmaeConfig,
  maskedAutoencoder,
} from '@univ/backbone'
import { type HostArray, rng, type Tree } from '@univ/nn'
import type { Weights } from './objective'
import { imageArray, type Recipe } from './recipe'
import { joinFixed, splitFixed } from './trainable'

/** RGB images. */
export interface ImageInput {
  /** Normalised, `[batch, size, size, 3]`. */
  readonly rgb: Float32Array
}

export interface MaeOptions {
  /** MCMAE with a decoder, and weights to start from; absent weights are drawn from the seed. */
  readonly model: { readonly config: McmaeConfig; readonly params?: Tree<HostArray> }
  readonly batch: number
  readonly size: number
  readonly seed: number
  /** Share of hidden patches. Default 0.75. */
  readonly maskRatio?: number
  /** Predict patches normalised one by one. Default true, as MAE's best setting. */
  readonly normPixels?: boolean
}

/** A teacher without labels: ConvMAE's masked autoencoding. Masks are drawn on the host from (seed, step). */
export function maeRecipe({
  model,
  batch,
  size,
  seed,
  maskRatio = 0.75,
  normPixels = true,
}: MaeOptions): Recipe<ImageInput> {
  const { config } = model
  const fresh = {
    ...(initBackbone(config, rng(seed, 'weights')) as Record<string, Tree<HostArray>>),
    ...initDecoder(config, rng(seed, 'decoder')),
  }
  const start = { ...fresh, ...(model.params as Record<string, Tree<HostArray>> | undefined) }
  const { trained, fixed } = splitFixed(start, config)
  const tokens = (size / 16) ** 2
  const visible = Math.floor(tokens * (1 - maskRatio))
  return {
    objective: ({ weights, inputs, constants }) => {
      const params = joinFixed(weights, constants as Weights<tf.Tensor>)
      const hidden = { mask: inputs.mask!, keep: inputs.keep!, restore: inputs.restore! }
      const { loss } = maskedAutoencoder(
        inputs.rgb as tf.Tensor4D,
        params as unknown as MaskedAutoencoderParams,
        config,
        hidden,
        { normPixels },
      )
      return { loss, metrics: {} }
    },
    weights: trained,
    constants: fixed as Tree<HostArray>,
    inputs: {
      rgb: { shape: [batch, size, size, 3], dtype: 'float32' },
      mask: { shape: [batch, tokens], dtype: 'float32' },
      keep: { shape: [batch * visible], dtype: 'int32' },
      restore: { shape: [batch * tokens], dtype: 'int32' },
    },
    feed: ({ rgb }, step) => {
      const noise = rng(seed, 'mask', step).fillUniform(new Float32Array(batch * tokens))
      return {
        rgb: imageArray(rgb, batch, size),
        ...drawMask({ shape: [batch, tokens], dtype: 'float32', data: noise }, maskRatio),
      }
    },
    backbone: (weights) => ({ config, params: encoderOnly(joinFixed(weights, fixed)) }),
  }
}
