import { inversePermutation, permute, torchPlace } from '@univ/backbone'
import { type HostArray, ShapeError } from '@univ/nn'

type Arrays = Readonly<Record<string, HostArray>>

/**
 * mmsegmentation's name of one of our arrays: `decodeHead.pspModules.0.bn.scale` ↔
 * `decode_head.psp_modules.0.1.bn.weight`; the authors' fourth map belongs to their backbone.
 */
function headPlace(path: string) {
  const { name, axes } = torchPlace(path)
  const mmseg = name
    .replace(/psp_modules\.(\d+)\./, 'psp_modules.$1.1.')
    .replace(/^neck\.fpn\.conv\./, 'backbone.fpn.0.')
    .replace(/^neck\.fpn\.bn\./, 'backbone.fpn.1.')
    .replace(/\.mean$/, '.running_mean')
    .replace(/\.variance$/, '.running_var')
  return { name: mmseg, axes }
}

/** Flat weights and statistics of a head in mmsegmentation's names and layouts. */
export function toHeadNames(arrays: Arrays): Record<string, HostArray> {
  return Object.fromEntries(
    Object.entries(arrays).map(([path, array]) => {
      const { name, axes } = headPlace(path)
      return [name, axes ? permute(array, axes) : array]
    }),
  )
}

/**
 * The arrays of a head from a state dict in mmsegmentation's names.
 * @param like Arrays of the wanted paths and shapes.
 * @throws ShapeError naming an array that is missing or of another shape.
 */
export function fromHeadNames(
  like: Arrays,
  state: ReadonlyMap<string, HostArray>,
): Record<string, HostArray> {
  return Object.fromEntries(
    Object.entries(like).map(([path, { shape }]) => {
      const { name, axes } = headPlace(path)
      const stored = state.get(name)
      if (!stored) throw new ShapeError(`the file has no '${name}'`)
      const array = axes ? unlessOtherRank(name, stored, axes) : stored
      if (`${array.shape}` !== `${shape}`)
        throw new ShapeError(
          `'${name}' is [${stored.shape}]; in our layout [${array.shape}], wanted [${shape}]`,
        )
      return [path, { ...array, dtype: 'float32' as const }]
    }),
  )
}

function unlessOtherRank(name: string, array: HostArray, axes: readonly number[]): HostArray {
  if (array.shape.length !== axes.length)
    throw new ShapeError(`'${name}' is [${array.shape}], wanted ${axes.length} dimensions`)
  return permute(array, inversePermutation(axes))
}
