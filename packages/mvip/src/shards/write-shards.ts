import { createWriteStream } from 'node:fs'
import { readdir, readFile, rename, rm } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { type Pack, pack } from 'tar-stream'
import { inOrder } from '../build/in-order'
import type { Split } from '../layouts/layout'
import { type Dataset, openDataset } from '../manifest/open-dataset'
import type { ManifestRecord } from '../manifest/record'
import { checkRoots } from '../manifest/source-roots'
import { isWide, openImage, readImageBytes } from '../open-image'
import { lockFolder } from '../output/folder-lock'
import { checkOwnFolder } from '../output/own-files'
import { checkApart } from '../output/real-place'
import { cutNote } from './cut-note'
import { isShardIndex, type ShardIndex, shardFiles, writeIndex } from './shard-index'

export interface WriteShardsOptions {
  /** Folder of the shards. Shards and indices that lie there are replaced. */
  readonly out: string
  /** Default: all splits. */
  readonly split?: Split
  /** Pairs in a shard at most. Default 1000. */
  readonly pairs?: number
  /** Bytes of images after which a shard ends. Default 256 MiB. */
  readonly bytes?: number
  readonly onProgress?: (done: number, total: number) => void
}

interface Member {
  readonly suffix: string
  readonly bytes: Buffer
}

/**
 * An image as a plain file: one that is cut, a channel of another, or thermal with a range of its dataset's (shards have no
 * place for that) is written as 8-bit PNG, the others as they are.
 */
async function plainImage(dataset: Dataset, record: ManifestRecord, modality: 'vi' | 'ir'): Promise<Member> {
  const image = record[modality]!
  const ref = dataset.imageOf(record, modality)!
  const bytes = readImageBytes(ref)
  const shared = modality === 'vi' && record.ir?.path === image.path
  const ranged = ref.thermalRange !== undefined && isWide(image.depth)
  if (!image.crop && image.channels === 'colour' && !shared && !ranged)
    return { suffix: `${modality}.${image.format === 'jpeg' ? 'jpg' : image.format}`, bytes }
  const { pipeline } = await openImage(bytes, modality === 'vi' ? 'rgb' : 'ir', ref)
  const cut = image.crop ? pipeline.extract(image.crop) : pipeline
  return { suffix: `${modality}.png`, bytes: await cut.png().toBuffer() }
}

/** @throws Error naming the pair and the file where it cannot be read. */
async function readable<T>(id: string, file: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new Error(`${id}: ${file} cannot be read (${code ?? message.split('\n')[0]})`)
  }
}

/** Annotation files of the sample alone; those that speak of many images stay where they are. */
async function notes(dataset: Dataset, record: ManifestRecord): Promise<Member[]> {
  const own = record.annotations.filter(({ kind }) => kind !== 'coco' && kind !== 'track')
  return Promise.all(
    own.map(async ({ kind, path, of }) => ({
      suffix: `${of ? `${of}-` : ''}${kind}${extname(path)}`,
      bytes: await noteOf(dataset, record, { kind, path, of }),
    })),
  )
}

/** An annotation file, cut where the image is whose pixels it speaks about; a file of both images is the visible one's. */
async function noteOf(
  dataset: Dataset,
  record: ManifestRecord,
  { kind, path, of }: ManifestRecord['annotations'][number],
): Promise<Buffer> {
  const file = dataset.pathOf(record, path)
  const bytes = await readable(record.id, file, readFile(file))
  const image = record[of ?? 'vi']!
  return image.crop ? cutNote(kind, bytes, { file, crop: image.crop, whole: image }) : bytes
}

async function membersOf(dataset: Dataset, record: ManifestRecord): Promise<Member[]> {
  const json = Buffer.from(`${JSON.stringify(record)}\n`)
  const image = (modality: 'vi' | 'ir') =>
    readable(record.id, dataset.imageOf(record, modality)!.file, plainImage(dataset, record, modality))
  const images = [await image('vi'), await image('ir')]
  return [...images, ...(await notes(dataset, record)), { suffix: 'json', bytes: json }]
}

/** Time and owner are the same in every shard: equal input, equal bytes. */
const header = { mtime: new Date(0), mode: 0o644, uid: 0, gid: 0, uname: '', gname: '' }

/** A tar that is being written. */
interface OpenShard {
  readonly path: string
  readonly tar: Pack
  readonly file: Writable
  /** Rejects when the disk is full or gone, at whatever moment it is noticed. */
  readonly failure: Promise<never>
}

function openShard(path: string): OpenShard {
  const [tar, file] = [pack(), createWriteStream(`${path}.part`)]
  const failure = new Promise<never>((_, reject) => {
    const fail = ({ message }: Error) => reject(new Error(`${path}.part: cannot be written (${message})`))
    file.on('error', fail)
    tar.on('error', fail) // a file that fails destroys the pack with the same error
  })
  // Told by whoever waits for the next write, not as an unhandled rejection.
  failure.catch(() => undefined)
  tar.pipe(file)
  return { path, tar, file, failure }
}

function add({ tar, file, failure }: OpenShard, name: string, bytes: Buffer): Promise<void> {
  const written = new Promise<void>((resolve, reject) => {
    tar.entry({ ...header, name, size: bytes.length }, bytes, (error) => {
      if (error) reject(error)
      else if (file.writableNeedDrain) file.once('drain', resolve)
      else resolve()
    })
  })
  return Promise.race([written, failure])
}

/**
 * Packs a dataset's pairs into WebDataset shards `mvip-000000.tar` …, in manifest order: `KEY.vi.jpg`, `KEY.ir.jpg`,
 * label maps and boxes (cut where their image is), `KEY.json` with the manifest's line; then indexes them. Memory: a few pairs. What stops half-way
 * leaves no index, and `.lock`, which `indexShards` refuses; packing again ends with the same bytes.
 * @throws Error where no pair is there, one cannot be read, the image of an annotation is cut and the annotation cannot be, the disk is full, or `out` lies in a source, holds anything
 *   but shards of ours or is being written by another process.
 */
export async function writeShards(path: string, options: WriteShardsOptions): Promise<ShardIndex> {
  const dataset = openDataset(path)
  checkRoots(dataset)
  checkApart(dataset.roots, options.out)
  checkOwnFolder(options.out, 'the files of univ-mvip shard', (name, file) =>
    name === shardFiles.index ? isShardIndex(file) : ours.test(name),
  )
  const unlock = await lockFolder(options.out)
  let finished = false
  try {
    const index = await packAll(dataset, options)
    finished = true
    return index
  } finally {
    await unlock(finished)
  }
}

const ours = /^(mvip-\d{6}\.tar(\.part)?|index\.json(\.part)?|members\.jsonl(\.part)?)$/

async function packAll(
  dataset: Dataset,
  { out, split, pairs: most = 1000, bytes: limit = 256 * 1024 * 1024, onProgress }: WriteShardsOptions,
): Promise<ShardIndex> {
  // The index first: without it no tar is taken for part of a whole.
  for (const name of [shardFiles.index, ...(await readdir(out))])
    if (ours.test(name)) await rm(join(out, name), { force: true })
  const total = (split ? dataset.header.counts[`split ${split}`] : dataset.header.counts.kept) ?? 0

  async function* wanted() {
    for await (const record of dataset.records())
      if (record.vi && record.ir && (!split || record.split === split)) yield record
  }
  let [done, shard, held, size] = [0, 0, 0, 0]
  let open: OpenShard | undefined
  async function end() {
    if (!open) return
    open.tar.finalize()
    await Promise.race([finished(open.file), open.failure])
    await rename(`${open.path}.part`, open.path)
    open = undefined
    shard++
    held = 0
    size = 0
  }
  for await (const members of inOrder(wanted(), 4, (record) => membersOf(dataset, record))) {
    open ??= openShard(join(out, `mvip-${String(shard).padStart(6, '0')}.tar`))
    const key = String(done).padStart(9, '0')
    for (const { suffix, bytes } of members) {
      await add(open, `${key}.${suffix}`, bytes)
      size += bytes.length
    }
    done++
    held++
    onProgress?.(done, total)
    if (held >= most || size >= limit) await end()
  }
  await end()
  if (done === 0) throw new Error(`${dataset.folder}: no pair${split ? ` of split ${split}` : ''} to pack`)
  return writeIndex(out)
}
