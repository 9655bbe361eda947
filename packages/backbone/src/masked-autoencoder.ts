import * as tf from '@tensorflow/tfjs-core'
import {
  type ConvParams,
  conv2d,
  type HostArray,
  type LinearParams,
  layerNorm,
  linear,
  type NormParams,
  patchify,
  type Rng,
  ShapeError,
  type Tree,
} from '@univ/nn'
import type { DecoderConfig, McmaeConfig } from './configs'
import { gridPositions } from './grid-positions'
import { type McmaeParams, mcmaeStem } from './mcmae'
import {
  convSpec,
  drawParameters,
  linearSpec,
  normSpec,
  type ParameterSpec,
  sinCosSpec,
  smallNormal,
} from './parameter-spec'
import { type BlockParams, blockEpsilon, blockSpec, transformerBlock } from './transformer-block'

/** The encoder with ConvMAE's multi-scale fusion and the decoder. */
export interface MaskedAutoencoderParams extends McmaeParams {
  readonly stage1OutputDecode: ConvParams
  readonly stage2OutputDecode: ConvParams
  readonly decoderEmbed: LinearParams
  /** `[1, 1, width]` */
  readonly maskToken: tf.Tensor3D
  /** `[1, tokens, width]`, fixed sine-cosine, resized as the encoder's. */
  readonly decoderPosEmbed: tf.Tensor3D
  readonly decoderBlocks: readonly BlockParams[]
  readonly decoderNorm: NormParams
  readonly decoderPred: LinearParams
}

/** Which patches stay visible; made on the host by `drawMask`. */
export interface PatchMask<T> {
  /** 1 = hidden: `[batch, tokens]`. */
  readonly mask: T
  /** Visible patches as rows of `[batch · tokens]`: `[batch · visible]`. */
  readonly keep: T
  /** For every patch its row in `[batch · tokens]` of (visible, then mask tokens): `[batch · tokens]`. */
  readonly restore: T
}

/**
 * MAE's random masking: the patches with the smallest noise stay.
 * @param noise `[batch, tokens]`
 * @param ratio Share of hidden patches. Default 0.75.
 */
export function drawMask(noise: HostArray, ratio = 0.75): PatchMask<HostArray> {
  const [batch, tokens] = noise.shape as [number, number]
  const visible = Math.floor(tokens * (1 - ratio))
  const mask = new Float32Array(batch * tokens).fill(1)
  const keep = new Int32Array(batch * visible)
  const restore = new Int32Array(batch * tokens)
  for (let b = 0; b < batch; b++) {
    const order = Array.from({ length: tokens }, (_, i) => i).sort(
      (i, j) => noise.data[b * tokens + i]! - noise.data[b * tokens + j]!,
    )
    order.forEach((patch, rank) => {
      restore[b * tokens + patch] = b * tokens + rank
      if (rank >= visible) return
      mask[b * tokens + patch] = 0
      keep[b * visible + rank] = b * tokens + patch
    })
  }
  return {
    mask: { shape: [batch, tokens], dtype: 'float32', data: mask },
    keep: { shape: [batch * visible], dtype: 'int32', data: keep },
    restore: { shape: [batch * tokens], dtype: 'int32', data: restore },
  }
}

/** `[batch, tokens]` → `[batch, rows · factor, columns · factor, 1]`, every patch repeated. */
function enlarge(mask: tf.Tensor, rows: number, columns: number, factor: number): tf.Tensor4D {
  const batch = mask.shape[0]!
  const cells = tf.tile(tf.reshape(mask, [batch, rows, 1, columns, 1]), [1, 1, factor, 1, factor])
  return tf.reshape(cells, [batch, rows * factor, columns * factor, 1])
}

/**
 * ConvMAE's objective: mean squared error of the hidden patches' pixels.
 * @param images `[batch, height, width, 3]`
 * @returns `loss` scalar; `prediction` `[batch, tokens, 16 · 16 · 3]`
 */
export function maskedAutoencoder(
  images: tf.Tensor4D,
  params: MaskedAutoencoderParams,
  config: McmaeConfig,
  hidden: PatchMask<tf.Tensor>,
  { normPixels = false }: { readonly normPixels?: boolean } = {},
): { readonly loss: tf.Scalar; readonly prediction: tf.Tensor3D } {
  const decoder = decoderOf(config, 'maskedAutoencoder')
  const [batch, height, width] = images.shape
  const [rows, columns] = [height / 16, width / 16]
  const visible = tf.sub(1, hidden.mask)
  const keep = { stage1: enlarge(visible, rows, columns, 4), stage2: enlarge(visible, rows, columns, 2) }
  const { stage1, stage2, tokens } = mcmaeStem(images, params, config, keep)
  const all = rows * columns
  const kept = hidden.keep.shape[0]! / batch
  const pick = (t: tf.Tensor, channels: number): tf.Tensor3D =>
    tf.reshape(tf.gather(tf.reshape(t, [batch * all, channels]), hidden.keep as tf.Tensor1D), [
      batch,
      kept,
      channels,
    ])
  const fused = tf.add(
    conv2d(stage1, params.stage1OutputDecode, { stride: 4 }),
    conv2d(stage2, params.stage2OutputDecode, { stride: 2 }),
  )
  const encoded = params.blocks3.reduce(
    (x, block) => transformerBlock(x, block, { heads: config.heads }).tokens,
    pick(tokens, config.widths[2]),
  )
  const latent = layerNorm(
    tf.add(encoded, pick(fused, config.widths[2])) as tf.Tensor3D,
    params.norm,
    blockEpsilon,
  )

  const embedded = linear(latent, params.decoderEmbed)
  const masked = tf.tile(params.maskToken, [batch, all - kept, 1])
  const shuffled = tf.reshape(tf.concat([embedded, masked], 1), [batch * all, decoder.width])
  const restored = tf.reshape(tf.gather(shuffled, hidden.restore as tf.Tensor1D), [batch, all, decoder.width])
  const placed = tf.add(restored, gridPositions(params.decoderPosEmbed, rows, columns)) as tf.Tensor3D
  const decoded = params.decoderBlocks.reduce(
    (x, block) => transformerBlock(x, block, { heads: decoder.heads }).tokens,
    placed,
  )
  const prediction = linear(layerNorm(decoded, params.decoderNorm, blockEpsilon), params.decoderPred)

  const pixels = tf.reshape(patchify(images, 16), [batch, all, 16 * 16 * 3]) as tf.Tensor3D
  const error = tf.mean(tf.square(tf.sub(prediction, normPixels ? normalisePatches(pixels) : pixels)), -1)
  const loss = tf.div(tf.sum(tf.mul(error, hidden.mask)), tf.sum(hidden.mask)) as tf.Scalar
  return { loss, prediction }
}

/** Every patch to mean 0 and (unbiased) variance 1, MAE's `norm_pix_loss`. */
function normalisePatches(pixels: tf.Tensor3D): tf.Tensor3D {
  const count = pixels.shape[2]
  const centred = tf.sub(pixels, tf.mean(pixels, -1, true))
  const variance = tf.div(tf.sum(tf.square(centred), -1, true), count - 1)
  return tf.div(centred, tf.sqrt(tf.add(variance, 1e-6)))
}

function decoderOf({ decoder }: McmaeConfig, where: string): DecoderConfig {
  if (decoder) return decoder
  throw new ShapeError(
    `${where}: the configuration has no decoder; give it one, { ...config, decoder: { width, depth, heads } }, ` +
      'such as mcmaeVariants.base.decoder',
  )
}

/** The arrays that masked autoencoding adds to the encoder. */
export function decoderSpecs(config: McmaeConfig): Readonly<Record<string, Tree<ParameterSpec>>> {
  const decoder = decoderOf(config, 'initDecoder')
  const [a, b, c] = config.widths
  return {
    stage1OutputDecode: convSpec(4, a, c),
    stage2OutputDecode: convSpec(2, b, c),
    decoderEmbed: linearSpec(c, decoder.width),
    maskToken: smallNormal([1, 1, decoder.width]),
    decoderPosEmbed: sinCosSpec(config.image / 16, decoder.width),
    decoderBlocks: Array.from({ length: decoder.depth }, () => blockSpec(decoder.width, decoder)),
    decoderNorm: normSpec(decoder.width),
    decoderPred: linearSpec(decoder.width, 16 * 16 * 3),
  }
}

/** Random weights for what masked autoencoding adds to the encoder. */
export function initDecoder(config: McmaeConfig, rng: Rng): Readonly<Record<string, Tree<HostArray>>> {
  return drawParameters(decoderSpecs(config), rng) as Readonly<Record<string, Tree<HostArray>>>
}
