import { createHash } from 'node:crypto'
import { createReadStream, statSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { inOrder } from '../build/in-order'
import { inspect } from '../build/inspect'
import { seemSwapped } from '../build/select'
import { checkParquet } from '../manifest/check-parquet'
import { type Dataset, datasetFiles, openDataset } from '../manifest/open-dataset'
import type { ManifestImage, ManifestRecord } from '../manifest/record'
import { checkRoots } from '../manifest/source-roots'
import { workerCount } from '../worker-count'

/** What can be wrong with an image of a dataset. */
export type Fault = 'missing' | 'empty' | 'swapped' | 'unreadable' | 'wrong-size' | 'changed'

export interface Finding {
  readonly id: string
  readonly modality: 'vi' | 'ir'
  readonly file: string
  readonly fault: Fault
  readonly detail: string
}

export interface VerifyReport {
  readonly pairs: number
  readonly images: number
  readonly findings: readonly Finding[]
  /** How many findings there are of each kind, beyond those listed too. */
  readonly counts: Readonly<Partial<Record<Fault, number>>>
}

export interface VerifyOptions {
  /** Only whether files are there and of the size recorded; nothing is read. Default false. */
  readonly quick?: boolean
  /** Findings listed; the others are only counted. Default 10,000. */
  readonly list?: number
  /** Default: the machine's cores. */
  readonly workers?: number
  readonly onProgress?: (done: number, total: number) => void
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

/** What is wrong with a file whose bytes are not those recorded. */
async function diagnose(
  file: string,
  modality: 'vi' | 'ir',
  recorded: ManifestImage,
  partner: ManifestImage | null,
  hash: string,
): Promise<Pick<Finding, 'fault' | 'detail'>> {
  if (hash === partner?.sha256)
    return { fault: 'swapped', detail: 'holds what the other image of the pair held' }
  const found = await inspect({ [modality]: { file, channels: recorded.channels }, thumbnail: 8 })
  if ('problem' in found) return { fault: 'unreadable', detail: found.problem }
  const facts = found[modality]!
  if (facts.width !== recorded.width || facts.height !== recorded.height)
    return {
      fault: 'wrong-size',
      detail: `${facts.width} × ${facts.height}, recorded were ${recorded.width} × ${recorded.height}`,
    }
  if (modality === 'ir' && seemSwapped(recorded, facts))
    return { fault: 'swapped', detail: 'has the colours of a visible image' }
  return {
    fault: 'changed',
    detail: `SHA-256 ${hash.slice(0, 12)}…, recorded was ${recorded.sha256.slice(0, 12)}…`,
  }
}

async function check(
  dataset: Dataset,
  record: ManifestRecord,
  modality: 'vi' | 'ir',
  quick: boolean,
): Promise<Finding | undefined> {
  const recorded = record[modality]
  if (!recorded) return undefined
  const file = dataset.pathOf(record, recorded.path)
  const finding = (fault: Fault, detail: string): Finding => ({
    id: record.id,
    modality,
    file,
    fault,
    detail,
  })
  let size: number
  try {
    size = (await stat(file)).size
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT'
      ? finding('missing', 'the file is not there')
      : finding('unreadable', `cannot be read (${code})`)
  }
  if (size === 0) return finding('empty', 'the file has no bytes')
  if (quick)
    return size === recorded.bytes
      ? undefined
      : finding('changed', `${size} bytes, recorded were ${recorded.bytes}`)
  let hash: string
  try {
    hash = await sha256(file)
  } catch (error) {
    return finding('unreadable', `cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
  if (hash === recorded.sha256) return undefined
  const { fault, detail } = await diagnose(
    file,
    modality,
    recorded,
    record[modality === 'vi' ? 'ir' : 'vi'],
    hash,
  )
  return finding(fault, detail)
}

/**
 * Compares a dataset's files with its manifest: missing, empty, exchanged between the modalities, no longer readable,
 * of another size, or changed in any byte. An image whose bytes are the recorded ones was whole when it was built and
 * is not decoded again. Memory grows by 8 bytes a pair.
 * @throws Error where the dataset's own files cannot be read or do not fit each other, or the folder of a source is not
 *   there.
 */
export async function verifyDataset(path: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  const { quick = false, list = 10_000, onProgress } = options
  const workers = workerCount(options.workers)
  const dataset = openDataset(path)
  checkRoots(dataset)
  const total = dataset.header.counts.kept ?? 0
  const findings: Finding[] = []
  const counts: Partial<Record<Fault, number>> = {}
  let [pairs, images, thumbnails] = [0, 0, 0]
  const checked = inOrder(dataset.records(), 2 * workers, async (record) => {
    const found: (Finding | undefined)[] = []
    for (const modality of ['vi', 'ir'] as const) found.push(await check(dataset, record, modality, quick))
    const { offset, length } = record.thumbnail
    thumbnails = Math.max(thumbnails, offset + length)
    return { found, images: Number(record.vi !== null) + Number(record.ir !== null) }
  })
  for await (const { found, images: seen } of checked) {
    for (const finding of found) {
      if (!finding) continue
      counts[finding.fault] = (counts[finding.fault] ?? 0) + 1
      if (findings.length < list) findings.push(finding)
    }
    images += seen
    pairs++
    onProgress?.(pairs, total)
  }
  checkThumbnails(dataset, thumbnails)
  await checkParquet(dataset)
  return { pairs, images, findings, counts }
}

/** @param end Where the manifest's last thumbnail ends. */
function checkThumbnails({ folder, manifest }: Dataset, end: number): void {
  const file = join(folder, datasetFiles.thumbnails)
  const size = statSync(file, { throwIfNoEntry: false })?.size
  if (size !== undefined && size < end)
    throw new Error(`${file}: has ${size} bytes, and ${manifest} tells of ${end}: it is cut or mixed`)
}
