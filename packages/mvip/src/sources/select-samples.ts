import { basename } from 'node:path'
import type { Split } from '../layouts/layout'
import type { Modality } from '../normalisation'
import type { AnnotatedSample, AnnotatedSet } from './annotated-set'

/** Which samples of a set are wanted. */
export interface SampleChoice {
  /** Images that each must have. */
  readonly modalities: readonly Modality[]
  /** Keep one split. */
  readonly split?: Split
  /** Keep only what is listed here: stems, or whole ids. */
  readonly only?: ReadonlySet<string>
}

/** All samples that a test passes, in the set's order. */
export async function samplesWith(
  set: AnnotatedSet,
  test: (sample: AnnotatedSample) => boolean,
): Promise<AnnotatedSample[]> {
  const found: AnnotatedSample[] = []
  for await (const sample of set.samples()) if (test(sample)) found.push(sample)
  return found
}

/** What a list of stems may call a sample: its id, the id without the source, its stem. */
export const sampleNames = ({ id }: Pick<AnnotatedSample, 'id'>): readonly string[] => [
  id,
  id.slice(id.indexOf('/') + 1),
  basename(id),
]

/** A name without folders, for files that are written and for journals. */
export const flatId = (id: string): string => id.replaceAll('/', '_')

/**
 * The samples of a choice.
 * @throws Error where none is left (it names the splits that there are), or most of the list's names are no sample's.
 */
export function chooseSamples(
  path: string,
  samples: readonly AnnotatedSample[],
  { modalities, split, only }: SampleChoice,
): AnnotatedSample[] {
  const lacking = modalities.find((modality) => samples.every(({ images }) => !images[modality]))
  if (lacking) throw new Error(`${path} has no ${lacking} images`)
  if (only) checkListed(path, samples, only)
  const kept = samples.filter(
    (sample) =>
      (split === undefined || sample.split === split) &&
      (!only || sampleNames(sample).some((name) => only.has(name))) &&
      modalities.every((modality) => sample.images[modality]),
  )
  if (kept.length > 0) return kept
  const splits = [...new Set(samples.map((sample) => sample.split ?? 'none'))].join(', ')
  throw new Error(`${path}: no images${only ? ' of those listed' : ''}; its splits are ${splits}`)
}

/** A list of another set would leave a few samples that it happens to name. */
function checkListed(path: string, samples: readonly AnnotatedSample[], only: ReadonlySet<string>): void {
  const known = new Set(samples.flatMap(sampleNames))
  const strange = [...only].filter((name) => !known.has(name))
  if (strange.length === only.size || strange.length * 2 <= only.size) return
  const shown = strange.slice(0, 5).join(', ')
  throw new Error(
    `${path}: ${strange.length} of the ${only.size} listed names are no image's: ${shown}${strange.length > 5 ? ', …' : ''}`,
  )
}
