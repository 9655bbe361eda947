import * as tf from '@tensorflow/tfjs-core'
import { type ConvParams, conv2d, layerNorm, type NormParams, resizeMatrix, type Tree } from '@univ/nn'
import type { VitConfig } from './configs'
import type { FeatureOptions, Features } from './features'
import { normSpec, type ParameterSpec, smallNormal, zeros } from './parameter-spec'
import { type BlockParams, blockEpsilon, blockSpec, runBlocks } from './transformer-block'

/** A plain vision transformer; names as in timm, DINO and DINOv2. */
export interface VitParams {
  readonly patchEmbed: { readonly proj: ConvParams }
  /** `[1, 1, width]` */
  readonly clsToken?: tf.Tensor3D
  /** `[1, registers, width]` */
  readonly registerTokens?: tf.Tensor3D
  /** Class token's position first where there is one: `[1, tokens, width]`. */
  readonly posEmbed: tf.Tensor3D
  readonly blocks: readonly BlockParams[]
  readonly norm: NormParams
}

/**
 * DINO resizes positions with a scale factor of (size + 0.1) / trained size, against rounding in PyTorch's
 * output size; the sampled points follow that factor, so ours do too.
 */
function patchPositions(stored: tf.Tensor3D, trained: number, rows: number, columns: number): tf.Tensor3D {
  const width = stored.shape[2]
  if (rows === trained && columns === trained) return stored
  const matrix = (to: number) => {
    const { data, shape } = resizeMatrix(trained, to, 'bicubic', (to + 0.1) / trained)
    return tf.tensor2d(data as Float32Array, shape as [number, number])
  }
  const across = tf.matMul(matrix(columns), tf.reshape(stored, [trained, trained, width]))
  const down = tf.matMul(matrix(rows), tf.reshape(across, [trained, columns * width]) as tf.Tensor2D)
  return tf.reshape(down, [1, rows * columns, width])
}

/** Patches, class token, positions, registers: `[batch, prefix + rows · columns, width]`. */
export function embedVit(
  images: tf.Tensor4D,
  params: VitParams,
  config: VitConfig,
): { readonly tokens: tf.Tensor3D; readonly grid: readonly [number, number] } {
  const map = conv2d(images, params.patchEmbed.proj, { stride: config.patch })
  const [batch, rows, columns, width] = map.shape
  const patches = tf.reshape(map, [batch, rows * columns, width]) as tf.Tensor3D
  const trained = Math.round(Math.sqrt(params.posEmbed.shape[1] - Number(config.classToken)))
  const first = Number(config.classToken)
  const stored = tf.slice(params.posEmbed, [0, first, 0], [1, trained * trained, width])
  const placed = tf.add(patches, patchPositions(stored, trained, rows, columns)) as tf.Tensor3D
  const repeat = (token: tf.Tensor3D) => tf.tile(token, [batch, 1, 1])
  const parts: tf.Tensor3D[] = []
  if (params.clsToken)
    parts.push(repeat(tf.add(params.clsToken, tf.slice(params.posEmbed, [0, 0, 0], [1, 1, width]))))
  if (params.registerTokens) parts.push(repeat(params.registerTokens))
  return { tokens: parts.length > 0 ? tf.concat([...parts, placed], 1) : placed, grid: [rows, columns] }
}

/** @param images Normalised, `[batch, height, width, 3]`; sides are multiples of the patch. */
export function vit(
  images: tf.Tensor4D,
  params: VitParams,
  config: VitConfig,
  options: FeatureOptions = {},
): Features {
  const { tokens: embedded, grid } = embedVit(images, params, config)
  const prefix = Number(config.classToken) + config.registers
  const blocks = runBlocks(embedded, params.blocks, { ...config, grid, prefix }, options)
  const last = blocks.at(-1)!
  const tokens = layerNorm(last.tokens, params.norm, config.epsilon ?? blockEpsilon)
  const patchTokens = tf.slice(tokens, [0, prefix, 0], [-1, -1, -1])
  const map = tf.reshape(patchTokens, [images.shape[0], ...grid, config.width]) as tf.Tensor4D
  return {
    tokens,
    patchTokens,
    prefix,
    grid,
    attention: last.attention,
    blocks,
    stages: [{ stride: config.patch, values: map }],
  }
}

/** The encoder's arrays: truncated normal 0.02 for tokens and positions, Xavier-uniform linears. */
export function vitSpecs(config: VitConfig): Readonly<Record<string, Tree<ParameterSpec>>> {
  const { width, patch } = config
  const tokens = (config.image / patch) ** 2 + Number(config.classToken)
  return {
    patchEmbed: { proj: { filter: smallNormal([patch, patch, 3, width]), bias: zeros([width]) } },
    posEmbed: smallNormal([1, tokens, width]),
    blocks: Array.from({ length: config.depth }, () => blockSpec(width, config)),
    norm: normSpec(width),
    ...(config.classToken ? { clsToken: smallNormal([1, 1, width]) } : {}),
    ...(config.registers > 0 ? { registerTokens: smallNormal([1, config.registers, width]) } : {}),
  }
}
