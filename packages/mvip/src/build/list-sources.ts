import { type Stats, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { PathProblem } from '../layouts/folder'
import type { Layout, ListedSample } from '../layouts/layout'
import { type ListedFolder, listSamples } from '../layouts/layouts'
import { checkFinished } from '../output/folder-lock'
import { checkSources } from '../output/real-place'

/** A sample with its names in the dataset that is built. */
export interface SourceSample {
  readonly id: string
  /** Number of the root. */
  readonly root: number
  readonly source: string
  readonly sample: ListedSample
}

/** A file that makes no sample. */
export interface UnlistedFile extends PathProblem {
  readonly root: number
}

export interface SourceRoot {
  readonly path: string
  readonly source: string
  readonly layout: string
  readonly classes: ListedFolder['classes']
}

/** Sources of one build: several folders, each with the layout that fits. */
export interface Sources {
  readonly roots: readonly SourceRoot[]
  /** Samples of all of them, in a fixed order; may be asked for again. */
  samples(): Generator<SourceSample>
  /** File of one of a sample's images. */
  fileOf(sample: SourceSample, modality: 'vi' | 'ir'): string | undefined
  /** Size and time of change of the sample's images: equal = nothing to be looked at again. */
  stateOf(sample: SourceSample): string
}

/**
 * Opens the folders of a build. Sources of one name are numbered: `train`, `train-2`.
 * @throws Error where a folder does not exist, is given twice, lies in another, is half-written or fits no layout.
 */
export function openSources(
  folders: readonly string[],
  options: {
    readonly layout?: string
    readonly more?: readonly Layout[]
    readonly onProblem?: (problem: UnlistedFile) => void
  } = {},
): Sources {
  if (folders.length === 0) throw new Error('no data folder is given')
  const paths = folders.map((folder) => resolve(folder))
  checkSources(paths)
  for (const path of paths) checkFinished(path)
  const taken = new Set<string>()
  const named = (name: string): string => {
    let free = name
    for (let i = 2; taken.has(free); i++) free = `${name}-${i}`
    taken.add(free)
    return free
  }
  const opened = paths.map((path, root) => ({
    ...listSamples(path, {
      layout: options.layout,
      more: options.more,
      onProblem: (problem) => options.onProblem?.({ ...problem, root }),
    }),
    source: named(basename(path)),
  }))
  const fileOf: Sources['fileOf'] = ({ root, sample }, modality) => {
    const image = sample[modality]
    return image && join(paths[root]!, image.path)
  }
  return {
    roots: opened.map(({ root, source, layout, classes }) => ({ path: root, source, layout, classes })),
    *samples() {
      for (const [root, { samples, source: name }] of opened.entries()) {
        for (const sample of samples()) {
          const source = sample.source ?? name
          yield { id: `${source}/${sample.stem}`, root, source, sample }
        }
      }
    },
    fileOf,
    stateOf: (sample) =>
      (['vi', 'ir'] as const)
        .flatMap((modality) => {
          const file = fileOf(sample, modality)
          if (!file) return []
          // What is gone since it was listed makes no state that a journal knows, and is told when it is looked at.
          const { size, mtimeMs } = statIfThere(file) ?? { size: -1, mtimeMs: Date.now() }
          const { border = 0, channels = 'colour' } = sample.sample[modality]!
          return [`${modality} ${sample.sample[modality]!.path} ${size} ${mtimeMs} ${border} ${channels}`]
        })
        .join('; '),
  }
}

function statIfThere(file: string): Stats | undefined {
  try {
    return statSync(file)
  } catch {
    return undefined
  }
}
