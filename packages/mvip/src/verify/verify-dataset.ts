import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { inOrder } from '../build/in-order'
import { inspect } from '../build/inspect'
import { seemSwapped } from '../build/select'
import { checkParquet } from '../manifest/check-parquet'
import { type Dataset, datasetFiles, openDataset } from '../manifest/open-dataset'
import type { ManifestImage, ManifestRecord } from '../manifest/record'
import { checkRoots } from '../manifest/source-roots'
import { sha256 } from '../sha256'
import { refuseUnindexed, shardFiles } from '../shards/shard-index'
import { workerCount } from '../worker-count'
import { annotationCheck } from './check-annotations'
import { type Fault, type Finding, presence } from './finding'
import { verifyShards } from './verify-shards'

export interface VerifyReport {
  readonly pairs: number
  readonly images: number
  /** Annotation files, each as often as a pair names it; absent: of shards, under `quick`, which reads no tar. */
  readonly annotations?: number
  readonly findings: readonly Finding[]
  /** How many findings there are of each kind, beyond those listed too. */
  readonly counts: Readonly<Partial<Record<Fault, number>>>
}

export interface VerifyOptions {
  /** Only whether files are there, and images of the size recorded; nothing is read. Default false. */
  readonly quick?: boolean
  /** Ids in label maps that stand for no class, 255 apart. Default none. */
  readonly ignore?: readonly number[]
  /** Findings listed; the others are only counted. Default 10,000. */
  readonly list?: number
  /** Default: the machine's cores. */
  readonly workers?: number
  readonly onProgress?: (done: number, total: number) => void
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
): Promise<Finding[]> {
  const recorded = record[modality]
  if (!recorded) return []
  const file = dataset.pathOf(record, recorded.path)
  const finding = (fault: Fault, detail: string): Finding[] => [
    { id: record.id, modality, file, fault, detail },
  ]
  const there = await presence(file)
  if ('fault' in there) return finding(there.fault, there.detail)
  const { bytes } = there
  if (bytes === 0) return finding('empty', 'the file has no bytes')
  if (quick)
    return bytes === recorded.bytes
      ? []
      : finding('changed', `${bytes} bytes, recorded were ${recorded.bytes}`)
  let hash: string
  try {
    hash = await sha256(file)
  } catch (error) {
    return finding('unreadable', `cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
  if (hash === recorded.sha256) return []
  const partner = record[modality === 'vi' ? 'ir' : 'vi']
  const { fault, detail } = await diagnose(file, modality, recorded, partner, hash)
  return finding(fault, detail)
}

/**
 * Compares a dataset's files with its manifest. Images: missing, empty, exchanged between the modalities, no longer readable,
 * of another size, or changed in any byte; one whose bytes are the recorded ones was whole when it was built and is not
 * decoded again. Label maps and boxes: missing, empty, not readable, of another size than their image, of classes that
 * nobody names, boxes that are empty or outside their image. Memory grows by 8 bytes a pair, and by the name and size of
 * every image that COCO's JSON speaks of. Of shards: `verifyShards`.
 * @throws Error where the dataset's own files cannot be read or do not fit each other, or the folder of a source is not
 *   there.
 */
export async function verifyDataset(path: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  const { quick = false, list = 10_000, ignore, onProgress } = options
  const workers = workerCount(options.workers)
  if (existsSync(join(path, shardFiles.members))) return verifyShards(path, { ...options, workers })
  if (!existsSync(join(path, datasetFiles.header))) refuseUnindexed(path)
  const dataset = openDataset(path)
  checkRoots(dataset)
  const total = dataset.header.counts.kept ?? 0
  const findings: Finding[] = []
  const counts: Partial<Record<Fault, number>> = {}
  let [pairs, images, annotations, thumbnails] = [0, 0, 0, 0]
  const notes = annotationCheck(dataset, { quick, ignore })
  const tell = (found: Iterable<Finding>) => {
    for (const finding of found) {
      counts[finding.fault] = (counts[finding.fault] ?? 0) + 1
      if (findings.length < list) findings.push(finding)
    }
  }
  const checked = inOrder(dataset.records(), 2 * workers, async (record) => {
    const noted = notes.of(record)
    const found: Finding[] = []
    for (const modality of ['vi', 'ir'] as const)
      found.push(...(await check(dataset, record, modality, quick)))
    found.push(...(await noted))
    const { offset, length } = record.thumbnail
    thumbnails = Math.max(thumbnails, offset + length)
    const images = Number(record.vi !== null) + Number(record.ir !== null)
    return { found, images, annotations: record.annotations.length }
  })
  for await (const { found, ...seen } of checked) {
    tell(found)
    images += seen.images
    annotations += seen.annotations
    pairs++
    onProgress?.(pairs, total)
  }
  tell(await notes.ofMany())
  checkThumbnails(dataset, thumbnails)
  await checkParquet(dataset)
  return { pairs, images, annotations, findings, counts }
}

/** @param end Where the manifest's last thumbnail ends. */
function checkThumbnails({ folder, manifest }: Dataset, end: number): void {
  const file = join(folder, datasetFiles.thumbnails)
  const size = statSync(file, { throwIfNoEntry: false })?.size
  if (size !== undefined && size < end)
    throw new Error(`${file}: has ${size} bytes, and ${manifest} tells of ${end}: it is cut or mixed`)
}
