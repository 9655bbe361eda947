import type * as tf from '@tensorflow/tfjs-core'
import {
  filled,
  flattenTree,
  type HostArray,
  kaimingUniform,
  mapTree,
  type NoisePool,
  type Rng,
  ShapeError,
  type Tree,
  unflattenTree,
} from '@univ/nn'

/** Low-rank adaptation; defaults are the authors'. */
export interface LoraConfig {
  readonly rank: number
  readonly alpha: number
  readonly dropout: number
  /** Modules whose torch name ends in one of these. */
  readonly targets: readonly string[]
}

export const paperLora: LoraConfig = {
  rank: 8,
  alpha: 32,
  dropout: 0.1,
  targets: ['decoder_embed', 'fc1', 'qkv', 'fc2', 'proj', 'decoder_pred', 'patch_embed4'],
}

/** LoRA matrices by module path: `{ 'blocks3.0.attn.qkv': { down, up } }`. */
export type LoraTree<T> = Readonly<Record<string, { readonly down: T; readonly up: T }>>

const toSnake = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/_embed(\d)/, '_embed$1')

/** Kernels that LoRA sits beside: path of the module and its kernel. */
function targetsOf<T>(params: Tree<T>, targets: readonly string[]): [string, T][] {
  const found: [string, T][] = []
  for (const [path, leaf] of Object.entries(flattenTree(params))) {
    const [, module, kind] = /^(.*)\.(kernel|filter)$/.exec(path) ?? []
    if (!module || !kind) continue
    const name = toSnake(module)
    if (targets.some((target) => name.endsWith(target))) found.push([module, leaf])
  }
  return found
}

/** `A` Kaiming-uniform(√5), `B` zero, so that the model starts unchanged. A convolution's `A` has its kernel. */
export function initLora(
  params: Tree<HostArray>,
  { rank, targets }: LoraConfig,
  rng: Rng,
): LoraTree<HostArray> {
  const found = targetsOf(params, targets)
  if (found.length === 0) throw new ShapeError(`LoRA: no module ends in ${targets.join(', ')}`)
  return Object.fromEntries(
    found.map(([path, { shape }]) => [
      path,
      { down: kaimingUniform([...shape.slice(0, -1), rank], rng), up: filled([rank, shape.at(-1)!], 0) },
    ]),
  )
}

/** Parameter records whose `linear` and `conv2d` layers carry the branches. */
export function withLora(
  params: Tree<tf.Tensor>,
  lora: LoraTree<tf.Tensor>,
  options: { readonly scale: number; readonly dropout?: number; readonly noise?: NoisePool },
): Tree<tf.Tensor> {
  const flat: Record<string, unknown> = { ...flattenTree(params) }
  for (const [path, branch] of Object.entries(lora)) {
    if (!flat[`${path}.kernel`] && !flat[`${path}.filter`])
      throw new ShapeError(`LoRA: the model has no module '${path}'`)
    flat[`${path}.lora`] = { ...branch, ...options }
  }
  return unflattenTree(flat) as Tree<tf.Tensor>
}

/** Kernels with `scale · down · up` added, in double precision; the opposite scale takes it out again. */
export function mergeLora(
  params: Tree<HostArray>,
  lora: LoraTree<HostArray>,
  scale: number,
): Tree<HostArray> {
  return mapTree(params, (leaf, path) => {
    const branch = lora[path.replace(/\.(kernel|filter)$/, '')]
    if (!branch || !/\.(kernel|filter)$/.test(path)) return leaf
    const [rank, out] = branch.up.shape as [number, number]
    const data = Float32Array.from(leaf.data)
    const rows = data.length / out
    if (branch.down.data.length !== rows * rank) {
      throw new ShapeError(
        `LoRA '${path}': down [${branch.down.shape}] and up [${branch.up.shape}] do not fit kernel [${leaf.shape}]`,
      )
    }
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < out; column++) {
        let sum = 0
        for (let r = 0; r < rank; r++)
          sum += branch.down.data[row * rank + r]! * branch.up.data[r * out + column]!
        data[row * out + column] = data[row * out + column]! + scale * sum
      }
    }
    return { ...leaf, data }
  })
}
