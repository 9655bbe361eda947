import type * as tf from '@tensorflow/tfjs-core'
import { type BackboneConfig, blockCount, type LoraConfig, type LoraTree, withLora } from '@univ/backbone'
import { flattenTree, type HostArray, type NoisePool, type Tree, unflattenTree } from '@univ/nn'
import type { Weights } from './objective'

/** The part of flat weights below a name, with the name cut off. */
export function under<T>(name: string, weights: Weights<T>): Weights<T> {
  const prefix = `${name}.`
  return Object.fromEntries(
    Object.entries(weights)
      .filter(([path]) => path.startsWith(prefix))
      .map(([path, leaf]) => [path.slice(prefix.length), leaf]),
  )
}

/** Flat weights with a name put before their paths. */
export function below<T>(name: string, weights: Weights<T>): Weights<T> {
  return Object.fromEntries(Object.entries(weights).map(([path, leaf]) => [`${name}.${path}`, leaf]))
}

/** Sine-cosine positions of MCMAE and of MAE decoders are never trained; a ViT's own are. */
function isFixed(path: string, config: BackboneConfig): boolean {
  return path === 'decoderPosEmbed' || (config.family === 'mcmae' && path === 'posEmbed')
}

/** A model's arrays: what full training changes, and what stays as it is. */
export function splitFixed(
  params: Tree<HostArray>,
  config: BackboneConfig,
): { readonly trained: Weights<HostArray>; readonly fixed: Weights<HostArray> } {
  const all = Object.entries(flattenTree(params) as Record<string, HostArray>)
  return {
    trained: Object.fromEntries(all.filter(([path]) => !isFixed(path, config))),
    fixed: Object.fromEntries(all.filter(([path]) => isFixed(path, config))),
  }
}

/** The parameter records again. */
export function joinFixed<T>(trained: Weights<T>, fixed: Weights<T>): Tree<T> {
  return unflattenTree({ ...trained, ...fixed })
}

/**
 * Layer-wise decay of the learning rate (BEiT's, with ConvMAE's layers): `decay` to the number of layers between a
 * weight and the head. Embeddings, positions and MCMAE's convolutional stages are layer 0, transformer block i is
 * layer i + 1, everything after the blocks learns at the full rate.
 * @param paths Paths of trained arrays within the encoder (or of their LoRA matrices).
 */
export function layerRates(paths: readonly string[], config: BackboneConfig, decay: number): Weights<number> {
  const layers = blockCount(config) + 1
  const layerOf = (path: string): number => {
    const block = /^blocks3?\.(\d+)\./.exec(path)?.[1]
    if (block !== undefined) return Number(block) + 1
    return path.startsWith('norm.') ? layers : 0
  }
  return Object.fromEntries(paths.map((path) => [path, decay ** (layers - layerOf(path))]))
}

/** LoRA matrices as flat weights: `blocks3.0.attn.qkv.down`. */
export function flattenLora<T>(lora: LoraTree<T>): Weights<T> {
  return Object.fromEntries(
    Object.entries(lora).flatMap(([path, { down, up }]) => [
      [`${path}.down`, down],
      [`${path}.up`, up],
    ]),
  )
}

/** LoRA matrices by module from flat weights. */
export function unflattenLora<T>(weights: Weights<T>): LoraTree<T> {
  return Object.fromEntries(
    Object.entries(weights)
      .filter(([path]) => path.endsWith('.down'))
      .map(([path, down]) => {
        const module = path.slice(0, -'.down'.length)
        return [module, { down, up: weights[`${module}.up`]! }]
      }),
  )
}

/** A frozen model with trained LoRA branches, inside a program. */
export function adapted(
  frozen: Tree<tf.Tensor>,
  weights: Weights<tf.Tensor>,
  lora: LoraConfig,
  noise: NoisePool | undefined,
): Tree<tf.Tensor> {
  return withLora(frozen, unflattenLora(weights), {
    scale: lora.alpha / lora.rank,
    dropout: noise ? lora.dropout : 0,
    noise,
  })
}
