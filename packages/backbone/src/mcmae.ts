import * as tf from '@tensorflow/tfjs-core'
import {
  type ConvParams,
  conv2d,
  type DepthwiseParams,
  depthwiseConv2d,
  dropPath,
  gelu,
  type LinearParams,
  layerNorm,
  linear,
  type NormParams,
  type Rng,
  ShapeError,
  type Tree,
  xavierUniform,
} from '@univ/nn'
import type { McmaeConfig } from './configs'
import type { FeatureOptions, Features } from './features'
import { gridPositions } from './grid-positions'
import {
  convSpec,
  depthwiseSpec,
  linearSpec,
  normSpec,
  type ParameterSpec,
  sinCosSpec,
  zeros,
} from './parameter-spec'
import { type BlockParams, blockEpsilon, blockSpec, depthRate, runBlocks } from './transformer-block'

/** Patch embedding of a stage: convolution with kernel = stride, LayerNorm over channels, GELU. */
interface PatchEmbedParams {
  readonly proj: ConvParams
  readonly norm: NormParams
}

/** Convolutional block of stages 1 and 2; `attn` is the depthwise 5×5 that stands where attention would. */
export interface ConvBlockParams {
  readonly norm1: NormParams
  readonly conv1: ConvParams
  readonly attn: DepthwiseParams
  readonly conv2: ConvParams
  readonly norm2: NormParams
  readonly mlp: { readonly fc1: ConvParams; readonly fc2: ConvParams }
}

/** The encoder. Names are ConvMAE's in camelCase. */
export interface McmaeParams {
  readonly patchEmbed1: PatchEmbedParams
  readonly patchEmbed2: PatchEmbedParams
  readonly patchEmbed3: PatchEmbedParams
  readonly patchEmbed4: LinearParams
  /** `[1, tokens, width]`, fixed sine-cosine. */
  readonly posEmbed: tf.Tensor3D
  readonly blocks1: readonly ConvBlockParams[]
  readonly blocks2: readonly ConvBlockParams[]
  readonly blocks3: readonly BlockParams[]
  readonly norm: NormParams
}

/** Stages 1 and 2 and the patch embeddings keep PyTorch's default epsilon; stage 3 has 1e-6. */
const convEpsilon = 1e-5

function patchEmbed(x: tf.Tensor4D, { proj, norm }: PatchEmbedParams, stride: number): tf.Tensor4D {
  return gelu(layerNorm(conv2d(x, proj, { stride }), norm, convEpsilon))
}

/** @param keep Where masked autoencoding hides patches: `[batch, height, width, 1]`, 1 = visible. */
function convBlock(
  x: tf.Tensor4D,
  params: ConvBlockParams,
  { keep, dropPath: rate = 0, noise }: { readonly keep?: tf.Tensor4D } & FeatureOptions,
): tf.Tensor4D {
  const inner = conv2d(layerNorm(x, params.norm1, convEpsilon), params.conv1)
  const mixed = depthwiseConv2d(keep ? tf.mul(inner, keep) : inner, params.attn)
  const y = tf.add(x, dropPath(conv2d(mixed, params.conv2), rate, noise)) as tf.Tensor4D
  const hidden = gelu(conv2d(layerNorm(y, params.norm2, convEpsilon), params.mlp.fc1))
  return tf.add(y, dropPath(conv2d(hidden, params.mlp.fc2), rate, noise))
}

/** The convolutional stages and the embedded stage-3 tokens. */
export function mcmaeStem(
  images: tf.Tensor4D,
  params: McmaeParams,
  config: McmaeConfig,
  keep?: { readonly stage1: tf.Tensor4D; readonly stage2: tf.Tensor4D },
  { dropPath: most = 0, noise }: FeatureOptions = {},
) {
  const [, height, width] = images.shape
  if (height % 16 || width % 16)
    throw new ShapeError(`mcmae: image ${height}×${width} must be a multiple of 16 on both sides`)
  const [first, second, third] = config.depths
  const rate = (index: number) => depthRate(most, index, first + second + third)
  const stage1 = params.blocks1.reduce(
    (x, block, i) => convBlock(x, block, { keep: keep?.stage1, dropPath: rate(i), noise }),
    patchEmbed(images, params.patchEmbed1, 4),
  )
  const stage2 = params.blocks2.reduce(
    (x, block, i) => convBlock(x, block, { keep: keep?.stage2, dropPath: rate(first + i), noise }),
    patchEmbed(stage1, params.patchEmbed2, 2),
  )
  const map = patchEmbed(stage2, params.patchEmbed3, 2)
  const [batch, rows, columns, channels] = map.shape
  const tokens = linear(tf.reshape(map, [batch, rows * columns, channels]) as tf.Tensor3D, params.patchEmbed4)
  return {
    stage1,
    stage2,
    grid: [rows, columns] as const,
    tokens: tf.add(tokens, gridPositions(params.posEmbed, rows, columns)) as tf.Tensor3D,
  }
}

/**
 * UNIV's forward: the tokens are the final norm of stage 3, without ConvMAE's stage-1 and stage-2 outputs.
 * @param images Normalised, `[batch, height, width, 3]`; sides are multiples of 16.
 */
export function mcmae(
  images: tf.Tensor4D,
  params: McmaeParams,
  config: McmaeConfig,
  options: FeatureOptions = {},
): Features {
  const { stage1, stage2, grid, tokens: embedded } = mcmaeStem(images, params, config, undefined, options)
  const before = config.depths[0] + config.depths[1]
  const blocks = runBlocks(embedded, params.blocks3, { ...config, grid, prefix: 0, before }, options)
  const last = blocks.at(-1)!
  const tokens = layerNorm(last.tokens, params.norm, config.epsilon ?? blockEpsilon)
  const map = tf.reshape(last.tokens, [images.shape[0], ...grid, config.widths[2]]) as tf.Tensor4D
  const stages = [stage1, stage2, map].map((values, i) => ({ stride: 4 * 2 ** i, values }))
  return { tokens, patchTokens: tokens, prefix: 0, grid, attention: last.attention, blocks, stages }
}

/** The encoder's arrays. */
export function mcmaeSpecs(config: McmaeConfig): Readonly<Record<string, Tree<ParameterSpec>>> {
  const [a, b, c] = config.widths
  const embed = (size: number, from: number, to: number) => ({
    proj: {
      filter: {
        shape: [size, size, from, to],
        draw: (rng: Rng) => xavierUniform([size, size, from, to], rng),
      },
      bias: zeros([to]),
    },
    norm: normSpec(to),
  })
  const block = (width: number) => ({
    norm1: normSpec(width),
    conv1: convSpec(1, width, width),
    attn: depthwiseSpec(5, width),
    conv2: convSpec(1, width, width),
    norm2: normSpec(width),
    mlp: { fc1: convSpec(1, width, 4 * width), fc2: convSpec(1, 4 * width, width) },
  })
  const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make)
  return {
    patchEmbed1: embed(4, 3, a),
    patchEmbed2: embed(2, a, b),
    patchEmbed3: embed(2, b, c),
    patchEmbed4: linearSpec(c, c),
    posEmbed: sinCosSpec(config.image / 16, c),
    blocks1: times(config.depths[0], () => block(a)),
    blocks2: times(config.depths[1], () => block(b)),
    blocks3: times(config.depths[2], () => blockSpec(c, config)),
    norm: normSpec(c),
  }
}
