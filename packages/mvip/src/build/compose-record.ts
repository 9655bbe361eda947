import { alignmentVerdict } from '../align/alignment'
import type { ListedImage } from '../layouts/layout'
import type { ManifestImage, ManifestRecord } from '../manifest/record'
import type { Region } from '../open-image'
import { guessedHour } from './hour'
import type { ImageFacts, Inspection } from './inspect'
import type { JournalEntry } from './journal'
import type { SelectionOptions } from './options'
import type { Selection } from './select'
import { sharedCrops } from './shared-crops'

const region = ({ crop, width, height }: ImageFacts): Region => crop ?? { left: 0, top: 0, width, height }

function image(listed: ListedImage, facts: ImageFacts, crop: Region | null): ManifestImage {
  const { bytes, sha256, width, height, format, depth, phash, mean, std, histogram, chroma } = facts
  const stored = { width, height, format, depth, channels: listed.channels ?? 'colour', crop } as const
  return { path: listed.path, bytes, sha256, ...stored, phash, mean, std, histogram, chroma }
}

/** The manifest's line for a sample that was kept. */
export function composeRecord(
  at: number,
  { id, root, source, sample, result }: JournalEntry & { readonly result: Inspection },
  selection: Selection,
  options: SelectionOptions,
  thumbnail: ManifestRecord['thumbnail'],
): ManifestRecord {
  const { vi, ir, alignment } = result
  const verdict = alignment && alignmentVerdict(alignment, options.tolerance)
  const shifted = verdict === 'misaligned' && options.misaligned === 'shift'
  const crops =
    shifted && vi && ir ? sharedCrops(region(vi), region(ir), alignment!) : { vi: vi?.crop, ir: ir?.crop }
  return {
    id,
    source,
    root,
    sequence: selection.sequence(at),
    frame: selection.frame(at),
    split: (options.splits === 'source' && sample.split) || selection.split(at),
    time: sample.time ?? (vi ? guessedHour(vi.mean) : null),
    vi: vi && sample.vi ? image(sample.vi, vi, crops.vi ?? null) : null,
    ir: ir && sample.ir ? image(sample.ir, ir, crops.ir ?? null) : null,
    alignment: alignment && verdict ? { ...alignment, verdict, shifted } : null,
    annotations: (sample.annotations ?? []).map(({ kind, path, of }) => ({ kind, path, of: of ?? null })),
    thumbnail,
  }
}
