import { flattenTree, type HostArray, type Tree, unflattenTree } from '@univ/nn'

/** `blocks3.0.attn.qkv` ↔ `blocks3.0.attn.qkv`, `patchEmbed1` ↔ `patch_embed1`, `stage1OutputDecode` ↔ `stage1_output_decode`. */
const toSnake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
const toCamel = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** Leaves that torch keeps under their own name, as they are. */
const bare = new Set([
  'pos_embed',
  'decoder_pos_embed',
  'mask_token',
  'cls_token',
  'register_tokens',
  'gamma',
])

/** Reorders axes: `out.shape[i] = shape[perm[i]]`. */
export function permute(array: HostArray, perm: readonly number[]): HostArray {
  const shape = perm.map((axis) => array.shape[axis]!)
  const strides = array.shape.map((_, i) => array.shape.slice(i + 1).reduce((a, b) => a * b, 1))
  const data = array.data.slice()
  const index = shape.map(() => 0)
  for (let i = 0; i < data.length; i++) {
    data[i] = array.data[index.reduce((sum, position, axis) => sum + position * strides[perm[axis]!]!, 0)]!
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = index[axis]! + 1
      if (index[axis]! < shape[axis]!) break
      index[axis] = 0
    }
  }
  return { ...array, shape, data }
}

/** Our leaf for a torch tensor: where it stands and how it is laid out. */
function fromTorch(name: string, array: HostArray): readonly [string, HostArray] {
  const dot = name.lastIndexOf('.')
  const [module, leaf] = [name.slice(0, Math.max(dot, 0)), name.slice(dot + 1)]
  const path = module.split('.').map(toCamel).join('.')
  const at = (key: string) => (path ? `${path}.${key}` : key)
  if (bare.has(leaf)) return [at(toCamel(leaf)), array]
  const isNorm = /(^|\.)\w*norm\d*$/.test(module)
  if (leaf === 'bias') return [at(isNorm ? 'offset' : 'bias'), array]
  if (leaf !== 'weight') return [at(toCamel(leaf)), array]
  if (isNorm) return [at('scale'), array]
  if (array.shape.length === 2) return [at('kernel'), permute(array, [1, 0])]
  if (array.shape.length !== 4) return [at('weight'), array]
  // A depthwise filter has one input channel; so has a grey stem, but no encoder here has that.
  return array.shape[1] === 1 && array.shape[2]! > 1
    ? [at('depthwiseFilter'), permute(array, [2, 3, 0, 1])]
    : [at('filter'), permute(array, [2, 3, 1, 0])]
}

/** Parameter records from a torch state dict. */
export function fromTorchNames(state: Readonly<Record<string, HostArray>>): Tree<HostArray> {
  const flat = Object.fromEntries(Object.entries(state).map(([name, array]) => fromTorch(name, array)))
  return unflattenTree(flat)
}

/** A torch state dict from parameter records. */
export function toTorchNames(params: Tree<HostArray>): Record<string, HostArray> {
  const state: Record<string, HostArray> = {}
  for (const [path, array] of Object.entries(flattenTree(params))) {
    const dot = path.lastIndexOf('.')
    const [module, leaf] = [toSnake(path.slice(0, Math.max(dot, 0))), path.slice(dot + 1)]
    const at = (key: string) => (module ? `${module}.${key}` : key)
    if (leaf === 'kernel') state[at('weight')] = permute(array, [1, 0])
    else if (leaf === 'filter') state[at('weight')] = permute(array, [3, 2, 0, 1])
    else if (leaf === 'depthwiseFilter') state[at('weight')] = permute(array, [2, 3, 0, 1])
    else if (leaf === 'scale') state[at('weight')] = array
    else if (leaf === 'offset') state[at('bias')] = array
    else state[at(toSnake(leaf))] = array
  }
  return state
}
