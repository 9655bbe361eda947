import { alignmentVerdict } from '../align/alignment'
import type { Split } from '../layouts/layout'
import type { JournalEntry } from './journal'
import { duplicateFinder, hashDistance, hashWords } from './near-duplicates'
import type { SelectionOptions } from './options'
import { splitGroups } from './split-sequences'

/** Why a sample is not in the manifest; the first is that it is. */
export const fates = [
  'kept',
  'unreadable',
  'swapped',
  'misaligned',
  'frame-step',
  'frame-distance',
  'duplicate',
] as const
export type Fate = (typeof fates)[number]

/** What was decided about every sample, in listing order. */
export interface Selection {
  readonly samples: number
  /** How many are kept. */
  readonly kept: number
  fate(sample: number): Fate
  /** The sample that it looks like: number and differing bits. */
  like(sample: number): { readonly id: number; readonly distance: number } | undefined
  /** Name of its sequence, unique in the dataset. */
  sequence(sample: number): string
  /** Place in the sequence: the source's number, else how many came before. */
  frame(sample: number): number
  /** Split of its sequence. */
  split(sample: number): Split
}

/** Colours of a visible image, and none of them in infrared: an infrared image has the same value in all channels. */
const colourful = 4

/** Whether the infrared image has the colours that the visible one lacks. */
export const seemSwapped = (vi: { readonly chroma: number }, ir: { readonly chroma: number }): boolean =>
  ir.chroma > colourful && vi.chroma < colourful / 2

function writeHash(
  hashes: Uint32Array,
  sample: number,
  vi: string | undefined,
  ir: string | undefined,
): void {
  // A single modality stands in both halves, so that no search runs over zeros.
  const digits = `${vi ?? ir}${ir ?? vi}`
  for (let word = 0; word < hashWords; word++)
    hashes[sample * hashWords + word] = Number.parseInt(digits.slice(word * 8, word * 8 + 8), 16)
}

/** Sets that grow together (Tarjan's union-find). */
function unions() {
  const parent: number[] = []
  const root = (i: number): number => {
    let at = i
    while (parent[at] !== undefined && parent[at] !== at) at = parent[at]!
    return at
  }
  function join(a: number, b: number): void {
    const [one, other] = [root(a), root(b)]
    parent[Math.max(one, other)] = Math.min(one, other)
  }
  return { root, join }
}

/**
 * Decides about every sample in one pass. Memory: some 90 bytes a sample, whatever the images.
 * @param entries In listing order.
 * @param samples How many there are.
 */
export async function selectSamples(
  entries: AsyncIterable<JournalEntry>,
  samples: number,
  options: SelectionOptions,
): Promise<Selection> {
  const hashes = new Uint32Array(samples * hashWords)
  const fate = new Uint8Array(samples)
  const sequence = new Int32Array(samples)
  const frame = new Int32Array(samples)
  const like = new Int32Array(samples).fill(-1)
  const likeDistance = new Uint8Array(samples)
  const names: string[] = []
  const sizes: number[] = []
  const numbers = new Map<string, number>()
  const frames: number[] = []
  const lastKept = new Map<number, number>()
  const duplicates = duplicateFinder(hashes, options.duplicateDistance)
  const groups = unions()
  /** Last sample of every source that names no sequences. */
  const scenes = new Map<string, { readonly sample: number; readonly scene: number }>()

  function sequenceOf(i: number, { source, sample }: JournalEntry): number {
    let name = `${source}/${sample.sequence}`
    if (sample.sequence === undefined) {
      const last = scenes.get(source)
      const same = last && hashDistance(hashes, last.sample, i) <= options.sceneDistance
      const scene = same ? last.scene : (last?.scene ?? -1) + 1
      scenes.set(source, { sample: i, scene })
      name = `${source}/scene-${String(scene).padStart(5, '0')}`
    }
    const known = numbers.get(name)
    if (known !== undefined) return known
    numbers.set(name, names.length)
    frames.push(0)
    sizes.push(0)
    return names.push(name) - 1
  }

  function judge(i: number, { result }: JournalEntry): Fate {
    if ('problem' in result) return 'unreadable'
    const { vi, ir, alignment } = result
    if (vi && ir && options.swapped === 'drop' && seemSwapped(vi, ir)) return 'swapped'
    const apart = alignment && alignmentVerdict(alignment, options.tolerance) === 'misaligned'
    if (apart && options.misaligned === 'drop') return 'misaligned'
    const last = lastKept.get(sequence[i]!)
    if (last !== undefined) {
      if (frame[i]! - frame[last]! < options.frameStep) return 'frame-step'
      if (hashDistance(hashes, last, i) < options.frameDistance) return 'frame-distance'
    }
    const twin = duplicates.find(i)
    if (twin) {
      like[i] = twin.like
      likeDistance[i] = twin.distance
      groups.join(sequence[i]!, sequence[twin.like]!)
      if (options.duplicates === 'drop') return 'duplicate'
    }
    return 'kept'
  }

  let i = 0
  for await (const entry of entries) {
    const { result, sample } = entry
    if (!('problem' in result)) {
      writeHash(hashes, i, result.vi?.phash, result.ir?.phash)
      const number = sequenceOf(i, entry)
      sequence[i] = number
      frame[i] = sample.frame ?? frames[number]!
      frames[number] = frame[i]! + 1
    }
    const decided = judge(i, entry)
    fate[i] = fates.indexOf(decided)
    if (decided === 'kept') {
      lastKept.set(sequence[i]!, i)
      duplicates.keep(i)
      sizes[sequence[i]!]!++
    }
    i++
  }

  if (i !== samples) throw new Error(`the journal tells of ${i} samples, listed were ${samples}: build again`)
  const grouped = new Map<number, number>()
  sizes.forEach((size, number) => {
    const root = groups.root(number)
    grouped.set(root, (grouped.get(root) ?? 0) + size)
  })
  const roots = [...grouped].filter(([, pairs]) => pairs > 0)
  const divided = splitGroups(
    roots.map(([root, pairs]) => ({ name: names[root]!, pairs })),
    options.shares,
    options.seed,
  )
  const splits = new Map(roots.map(([root], at) => [root, divided[at]!]))
  return {
    samples,
    kept: sizes.reduce((sum, size) => sum + size, 0),
    fate: (at) => fates[fate[at]!]!,
    like: (at) => (like[at]! < 0 ? undefined : { id: like[at]!, distance: likeDistance[at]! }),
    sequence: (at) => names[sequence[at]!]!,
    frame: (at) => frame[at]!,
    split: (at) => splits.get(groups.root(sequence[at]!)) ?? 'train',
  }
}
