import { flattenTree, type HostArray, type Tree, unflattenTree } from '@univ/nn'

/** `patchEmbed1` ↔ `patch_embed1`, `stage1OutputDecode` ↔ `stage1_output_decode`. */
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

/** How leaves are laid out in torch: `torch.shape[i] = ours.shape[axes[i]]`. Others are equal. */
const layouts: Readonly<Record<string, readonly number[]>> = {
  kernel: [1, 0],
  filter: [3, 2, 0, 1],
  depthwiseFilter: [2, 3, 0, 1],
}

/** Torch's names of leaves that are called otherwise here. */
const leafNames: Readonly<Record<string, string>> = {
  kernel: 'weight',
  filter: 'weight',
  depthwiseFilter: 'weight',
  scale: 'weight',
  offset: 'bias',
}

/** Where a leaf stands in a torch state dict, and which of our axes its axes are. */
export interface TorchPlace {
  readonly name: string
  readonly axes?: readonly number[]
}

/** @param path Dotted path of a leaf, `blocks3.0.attn.qkv.kernel`. */
export function torchPlace(path: string): TorchPlace {
  const dot = path.lastIndexOf('.')
  const [module, leaf] = [toSnake(path.slice(0, Math.max(dot, 0))), path.slice(dot + 1)]
  const last = leafNames[leaf] ?? toSnake(leaf)
  return { name: module ? `${module}.${last}` : last, axes: layouts[leaf] }
}

/** Reorders axes: `out.shape[i] = shape[axes[i]]`. */
export function permute(array: HostArray, axes: readonly number[]): HostArray {
  const shape = axes.map((axis) => array.shape[axis]!)
  const strides = axes.map((axis) => array.shape.slice(axis + 1).reduce((a, b) => a * b, 1))
  const data = array.data.slice()
  const index = shape.map(() => 0)
  const [run, step] = [shape.at(-1) ?? 1, strides.at(-1) ?? 1]
  let source = 0
  for (let start = 0; start < data.length; start += run) {
    for (let i = 0; i < run; i++) data[start + i] = array.data[source + i * step]!
    // The next run: count up the outer axes like the digits of a number.
    for (let axis = shape.length - 2; axis >= 0; axis--) {
      index[axis] = index[axis]! + 1
      source += strides[axis]!
      if (index[axis]! < shape[axis]!) break
      source -= strides[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
  return { ...array, shape, data }
}

/** The axes that undo `axes`. */
export const inversePermutation = (axes: readonly number[]): number[] => axes.map((_, i) => axes.indexOf(i))

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
  if (array.shape.length === 2) return [at('kernel'), permute(array, inversePermutation(layouts.kernel!))]
  if (array.shape.length !== 4) return [at('weight'), array]
  // A depthwise filter has one input channel; so has a grey stem, but no encoder here has that.
  return array.shape[1] === 1 && array.shape[2]! > 1
    ? [at('depthwiseFilter'), permute(array, inversePermutation(layouts.depthwiseFilter!))]
    : [at('filter'), permute(array, inversePermutation(layouts.filter!))]
}

/** Parameter records from a torch state dict. */
export function fromTorchNames(state: Readonly<Record<string, HostArray>>): Tree<HostArray> {
  const flat = Object.fromEntries(Object.entries(state).map(([name, array]) => fromTorch(name, array)))
  return unflattenTree(flat)
}

/** A torch state dict from parameter records. */
export function toTorchNames(params: Tree<HostArray>): Record<string, HostArray> {
  const entries = Object.entries(flattenTree(params)).map(([path, array]) => {
    const { name, axes } = torchPlace(path)
    return [name, axes ? permute(array, axes) : array] as const
  })
  return Object.fromEntries(entries)
}
