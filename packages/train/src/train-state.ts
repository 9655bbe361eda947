import { readSafetensors, writeSafetensors } from '@univ/checkpoint'
import { flattenTree, type HostArray, mapTree, type Tree } from '@univ/nn'
import type { LossScale } from './loss-scale'
import type { Material } from './material'

/** Where a run stands: the next batch to train on. */
export interface Position {
  readonly epoch: number
  /** Index within the epoch. */
  readonly batch: number
  /** Batches trained on since the start of the run. */
  readonly step: number
  /** Sums over this epoch's batches so far, of what is reported as the epoch's mean. */
  readonly sums: Readonly<Record<string, number>>
  /** In half precision, from the first update on. */
  readonly lossScale?: LossScale
}

export const startPosition: Position = { epoch: 0, batch: 0, step: 0, sums: {} }

/** A run that can be taken up again. */
export interface SavedRun {
  readonly arrays: ReadonlyMap<string, HostArray>
  readonly position: Position
  /** The configuration that the run was started with. */
  readonly config: unknown
  /** What it was begun with; runs of older versions have none. */
  readonly material?: Material
}

/** Writes weights, moments and position, atomically, as safetensors. */
export async function saveTrainState(
  path: string,
  state: Tree<HostArray>,
  position: Position,
  config: unknown,
  material?: Material,
): Promise<void> {
  const arrays = flattenTree(state) as Record<string, HostArray>
  await writeSafetensors(path, arrays as never, {
    position: JSON.stringify(position),
    config: JSON.stringify(config),
    ...(material ? { material: JSON.stringify(material) } : {}),
  })
}

/** @throws Error where the file is no training state, naming it. */
export async function loadTrainState(path: string): Promise<SavedRun> {
  const { tensors, metadata } = await readSafetensors(path)
  if (!metadata.position || !metadata.config)
    throw new Error(`${path}: not a training state (a state file of univ-train has 'position' and 'config')`)
  const arrays = new Map<string, HostArray>()
  for (const [name, { shape, data }] of tensors)
    arrays.set(name, { shape, dtype: 'float32', data: data as Float32Array })
  return {
    arrays,
    position: JSON.parse(metadata.position) as Position,
    config: JSON.parse(metadata.config),
    ...(metadata.material ? { material: JSON.parse(metadata.material) as Material } : {}),
  }
}

/** The saved arrays in the tree of a fresh state. @throws Error naming an array that is missing or of another shape. */
export function restoreState(fresh: Tree<HostArray>, saved: SavedRun): Tree<HostArray> {
  return mapTree(fresh, (leaf, path) => {
    const array = saved.arrays.get(path)
    if (!array) throw new Error(`the saved run has no '${path}': it trained something else`)
    if (`${array.shape}` !== `${leaf.shape}`)
      throw new Error(`the saved run's '${path}' is [${array.shape}], this run's is [${leaf.shape}]`)
    return array
  })
}
