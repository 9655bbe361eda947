import { existsSync, readFileSync, statSync } from 'node:fs'
import { rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { readFolder } from '../layouts/read-folder'
import { checkFormat, checkValue } from '../manifest/check-value'
import { type JsonLinesWriter, writeJsonLines } from '../manifest/json-lines'
import { checkFinished } from '../output/folder-lock'
import { textOf } from '../read-text'
import { sha256 } from '../sha256'
import { readShard } from './read-shard'

/** Names of a folder of shards. */
export const shardFiles = { index: 'index.json', members: 'members.jsonl' } as const

const count = z.int().nonnegative()

/** Version 1 had no `time` in its members and is read. */
const shardFormat = { format: 'univ-mvip-shards', version: 2 } as const

/** `index.json`: the shards in order. */
const shardIndex = z.strictObject({
  format: z.literal(shardFormat.format),
  version: z.literal([1, shardFormat.version]),
  pairs: count,
  shards: z.array(
    z.strictObject({
      file: z.string().regex(/^[^/\\]+\.tar$/, 'the name of a tar in this folder is wanted'),
      pairs: count,
      bytes: count,
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
})
export type ShardIndex = z.infer<typeof shardIndex>

const stretch = z.tuple([count, count])

/** A line of `members.jsonl`: where a pair's images lie, as offset and length. */
export const shardPair = z.strictObject({
  id: z.string(),
  source: z.string(),
  /** Number of the shard. */
  shard: count,
  vi: stretch,
  ir: stretch,
  /** As the sample's JSON tells, where it does. */
  time: z.enum(['day', 'night']).optional(),
})
export type ShardPair = z.infer<typeof shardPair>

const isImage = (suffix: string, modality: string) =>
  suffix.startsWith(`${modality}.`) && /\.(jpe?g|png|webp|tiff?)$/i.test(suffix)

interface Half extends Told {
  vi?: readonly [number, number]
  ir?: readonly [number, number]
}

/** What a sample's JSON tells, where it has one. */
interface Told {
  id?: string
  source?: string
  time?: 'day' | 'night'
}

function told(content: Buffer, where: string): Told {
  try {
    const { id, source, time } = JSON.parse(content.toString('utf8')) as Record<string, unknown>
    return {
      ...(typeof id === 'string' && { id }),
      ...(typeof source === 'string' && { source }),
      ...((time === 'day' || time === 'night') && { time }),
    }
  } catch (error) {
    throw new Error(`${where}: no JSON (${(error as Error).message})`)
  }
}

/** Reads one tar and writes a line for each of its samples. */
async function indexShard(
  folder: string,
  name: string,
  shard: number,
  members: JsonLinesWriter,
): Promise<ShardIndex['shards'][number]> {
  const file = join(folder, name)
  const lines: ShardPair[] = []
  let key: string | undefined
  let half: Half = {}
  const finish = () => {
    if (key === undefined) return
    const { vi, ir } = half
    if (!vi || !ir) throw new Error(`${file}: sample '${key}' has no ${vi ? 'infrared' : 'visible'} image`)
    const { id = key, source = 'shards', time } = half
    lines.push({ id, source, shard, vi: [vi[0], vi[1]], ir: [ir[0], ir[1]], ...(time && { time }) })
  }
  await readShard(
    file,
    (member, content) => {
      if (member.key !== key) {
        finish()
        key = member.key
        half = {}
      }
      const place = [member.offset, member.length] as const
      if (isImage(member.suffix, 'vi')) half.vi = place
      else if (isImage(member.suffix, 'ir')) half.ir = place
      else if (content) Object.assign(half, told(content, `${file}: ${member.key}.json`))
    },
    (suffix) => suffix === 'json',
  )
  finish()
  for (const line of lines) await members.write(line)
  const { size } = await stat(file)
  return { file: name, pairs: lines.length, bytes: size, sha256: await sha256(file) }
}

/**
 * Reads every tar of a folder once and writes `index.json` and `members.jsonl` beside them: what `shardSource` needs
 * to find any pair. Works on shards that others packed, too: names `KEY.vi.jpg`, `KEY.ir.png`, `KEY.json`.
 * @throws Error where a tar is cut or unsafe, a sample lacks one of its images, or packing into the folder is not done.
 */
export async function indexShards(folder: string): Promise<ShardIndex> {
  checkFinished(folder)
  return writeIndex(folder)
}

/** Indexes a folder that the caller holds. */
export async function writeIndex(folder: string): Promise<ShardIndex> {
  const files = readFolder(folder).filter((name) => name.endsWith('.tar'))
  if (files.length === 0) throw new Error(`${folder} holds no shard: *.tar is looked for`)
  const [index, lines] = [join(folder, shardFiles.index), join(folder, shardFiles.members)]
  const members = await writeJsonLines(`${lines}.part`)
  const shards: ShardIndex['shards'] = []
  try {
    for (const [shard, name] of files.entries()) shards.push(await indexShard(folder, name, shard, members))
    await members.close()
  } catch (error) {
    await members.close().catch(() => undefined) // the first error is the one to tell
    await rm(`${lines}.part`, { force: true })
    throw error
  }
  const pairs = shards.reduce((sum, shard) => sum + shard.pairs, 0)
  const written: ShardIndex = { ...shardFormat, pairs, shards }
  await writeFile(`${index}.part`, `${JSON.stringify(written, null, 2)}\n`)
  // The old index goes first and the new one comes last: whoever stops in between leaves none, not a mixed one.
  await rm(index, { force: true })
  await rename(`${lines}.part`, lines)
  await rename(`${index}.part`, index)
  return written
}

/** @throws Error where a folder holds tars and nothing that tells of them. */
export function refuseUnindexed(folder: string): void {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return
  if (!readFolder(folder).some((name) => name.endsWith('.tar'))) return
  checkFinished(folder)
  throw new Error(`${folder} holds tars without an index: univ-mvip shard ${folder} --index makes it`)
}

/** Whether a file is an index of ours, of whatever version. */
export function isShardIndex(file: string): boolean {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { format?: unknown }).format === shardFormat.format
  } catch {
    return false
  }
}

/** @throws Error where there is no index, it is of another format, or a tar is not of the size that it tells. */
export function openShardIndex(folder: string): ShardIndex {
  const file = join(folder, shardFiles.index)
  if (!existsSync(file))
    throw new Error(
      `${file} is missing: univ-mvip shard writes it, univ-mvip shard ${folder} --index makes it anew`,
    )
  const text = textOf(file)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new Error(`${file}: no JSON (${(error as Error).message})`)
  }
  checkFormat(json, file, { format: shardFormat.format, versions: [1, shardFormat.version] })
  const data = checkValue(shardIndex, json, file)
  for (const { file: name, bytes } of data.shards) {
    const tar = join(folder, name)
    const size = existsSync(tar) ? statSync(tar).size : undefined
    if (size !== bytes)
      throw new Error(
        `${tar} ${size === undefined ? 'is missing' : `has ${size} bytes`}, the index tells of ${bytes}: copied in part? Copy it again, or index anew`,
      )
  }
  return data
}
