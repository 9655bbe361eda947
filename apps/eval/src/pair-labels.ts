import { resolve } from 'node:path'
import {
  agreedClasses,
  fileOf,
  findBuiltSet,
  holdsDataset,
  type LabelRef,
  openSource,
  type SourcePair,
} from '@univ/mvip'
import { visibleName } from './open-pairs'
import { labelFile } from './patch-labels'

type Labels = string | LabelRef

/**
 * The label map of every pair.
 * @param data Where the pairs are from.
 * @param given Folders of label PNGs with the visible images' stems, and built datasets with label maps of them. Default:
 *   those of the datasets that the pairs are from, where all have one. `none`: no labels.
 * @returns undefined where there are none.
 * @throws Error naming a pair without label map where some were given, or a class that two sources number differently.
 */
export async function pairLabels(
  pairs: readonly SourcePair[],
  data: readonly string[],
  given?: readonly string[],
): Promise<readonly Labels[] | undefined> {
  if (given?.length === 1 && given[0] === 'none') return undefined
  if (!given) {
    const own = pairs.flatMap(({ labels }) => labels ?? [])
    if (own.length < pairs.length) return undefined
    checkClasses(data)
    return own
  }
  const datasets = given.filter(holdsDataset)
  const folders = given.filter((path) => !datasets.includes(path))
  checkClasses(datasets)
  const recorded = await recordedLabels(datasets)
  return pairs.map((pair) => {
    const labels = recorded.get(resolve(fileOf(pair.vi))) ?? labelFile(visibleName(pair), folders)
    if (labels !== undefined) return labels
    throw new Error(
      `${visibleName(pair)} has no label map: looked for its stem's PNG or its pair in ${given.join(', ')}`,
    )
  })
}

/** Ids of one number must mean one class, whichever source of whichever dataset has them. */
function checkClasses(datasets: readonly string[]): void {
  const sources = datasets.flatMap((path) => findBuiltSet(path)?.sources ?? [])
  agreedClasses({ path: datasets.join(', '), sources }, 'label-map')
}

/** Label maps of built datasets by the path of their visible image. */
async function recordedLabels(datasets: readonly string[]): Promise<ReadonlyMap<string, Labels>> {
  const found = new Map<string, Labels>()
  for (const path of datasets) {
    const source = await openSource(path)
    try {
      for (let i = 0; i < source.count; i++) {
        const { vi, labels } = source.pair(i)
        if (labels !== undefined) found.set(resolve(fileOf(vi)), labels)
      }
    } finally {
      source.close()
    }
  }
  return found
}
