import type * as tf from '@tensorflow/tfjs-core'
import { type BackboneConfig, type LoraConfig, type LoraTree, withLora } from '@univ/backbone'
import { flattenTree, type HostArray, type NoisePool, type Tree, unflattenTree } from '@univ/nn'
import type { Weights } from './training-program'

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
