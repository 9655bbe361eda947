import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { counted } from '@univ/command-line'
import { datasetFiles, isGuessedHour, type ManifestRecord, openDataset } from '@univ/mvip'
import { type Picture, page, pictureGrid } from '@univ/report'

export interface ContactSheetOptions {
  /** Pairs shown at most, spread evenly over those that pass the filters. */
  readonly pairs: number
  readonly source?: string
  readonly split?: string
  readonly time?: string
  readonly verdict?: string
}

const passes = (record: ManifestRecord, { source, split, time, verdict }: ContactSheetOptions): boolean =>
  (!source || record.source === source) &&
  (!split || record.split === split) &&
  (!time || record.time === time) &&
  (!verdict || record.alignment?.verdict === verdict)

function captionOf(record: ManifestRecord, layout: string): string {
  const { id, split, time, alignment } = record
  const hour = time && isGuessedHour(record, layout) ? `${time} by brightness` : time
  const offset = alignment
    ? `${alignment.verdict} ${alignment.dx.toFixed(1)}, ${alignment.dy.toFixed(1)} px (${alignment.score.toFixed(1)})`
    : 'one modality'
  return [id, split, hour, offset].filter(Boolean).join(' · ')
}

/** A record's WebP picture. Its length is bounded where the manifest is read. */
async function thumbnailOf(
  { id, thumbnail }: ManifestRecord,
  from: FileHandle,
  file: string,
): Promise<Buffer> {
  const { offset, length } = thumbnail
  const { buffer, bytesRead } = await from.read(Buffer.alloc(length), 0, length, offset)
  if (bytesRead < length || buffer.toString('latin1', 8, 12) !== 'WEBP')
    throw new Error(
      `${file}: there is no WebP picture of ${id} at bytes ${offset} to ${offset + length}: it is cut or mixed, build again`,
    )
  return buffer
}

/**
 * A page of thumbnails from a dataset: visible and infrared side by side, by source. Reads the manifest twice and the
 * thumbnails that are shown, no image.
 * @throws Error where nothing passes the filters, or `thumbnails.bin` does not hold what the manifest tells.
 */
export async function contactSheet(path: string, options: ContactSheetOptions): Promise<string> {
  const dataset = openDataset(path)
  const { source } = options
  const names = new Set<string>()
  let passing = 0
  for await (const record of dataset.records()) {
    names.add(record.source)
    if (passes(record, options)) passing++
  }
  if (source && !names.has(source))
    throw new Error(
      `${path} has no source ${JSON.stringify(source)}; its sources are ${[...names].join(', ')}`,
    )
  if (passing === 0) throw new Error(`${path}: no pair passes the filters`)
  const shown = Math.min(options.pairs, passing)
  const bySource = new Map<string, Picture[]>()
  const file = join(dataset.folder, datasetFiles.thumbnails)
  const thumbnails = await open(file).catch(({ code }: NodeJS.ErrnoException) => {
    throw new Error(`${file}: cannot be read (${code}); univ-mvip build writes it`)
  })
  try {
    let [at, taken] = [0, 0]
    for await (const record of dataset.records()) {
      if (!passes(record, options)) continue
      // The k-th of n places stands at floor(k · passing / n).
      if (taken < shown && at === Math.floor((taken * passing) / shown)) {
        const picture = {
          src: `data:image/webp;base64,${(await thumbnailOf(record, thumbnails, file)).toString('base64')}`,
          caption: captionOf(record, dataset.header.roots[record.root]!.layout),
        }
        bySource.set(record.source, [...(bySource.get(record.source) ?? []), picture])
        taken++
      }
      at++
    }
  } finally {
    await thumbnails.close()
  }
  const grids = [...bySource].map(([source, pictures]) => ({
    title: source,
    html: pictureGrid(counted(pictures.length, 'pair'), 5, pictures),
  }))
  return page(
    'Contact sheet',
    `${shown} of ${counted(passing, 'pair')}, spread evenly: visible left, infrared right.`,
    grids,
  )
}
