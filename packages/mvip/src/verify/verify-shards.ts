import { join } from 'node:path'
import { inOrder } from '../build/in-order'
import { loadImage } from '../decode'
import { fileOf } from '../open-image'
import { sha256 } from '../sha256'
import { openShardIndex } from '../shards/shard-index'
import { shardSource } from '../sources/shard-source'
import { checkShardNotes } from './check-shard-notes'
import type { Fault, Finding } from './finding'
import type { VerifyOptions, VerifyReport } from './verify-dataset'

/** Side that images are decoded to: all of their bytes are read, whatever it is. */
const side = 32

/**
 * Compares tars with their index, byte by byte, decodes every image as training does, and counts annotations. What a tar packed
 * by others holds was never looked at before.
 * @throws Error where the index is missing or a tar is not as long as it says.
 */
export async function verifyShards(
  folder: string,
  { quick = false, list = 10_000, workers = 1, onProgress }: VerifyOptions & { readonly workers: number },
): Promise<VerifyReport> {
  const { shards, pairs } = openShardIndex(folder)
  const findings: Finding[] = []
  const counts: Partial<Record<Fault, number>> = {}
  const tell = (found: readonly Finding[]) => {
    for (const finding of found) {
      counts[finding.fault] = (counts[finding.fault] ?? 0) + 1
      if (findings.length < list) findings.push(finding)
    }
  }
  const report = { pairs, images: 2 * pairs, findings, counts }
  if (quick) return report
  let annotations = 0
  for await (const { found, notes } of inOrder(shards, workers, ({ file, sha256: recorded }) =>
    checkTar(folder, file, recorded),
  )) {
    tell([...found, ...notes.findings])
    annotations += notes.annotations
  }
  const source = await shardSource(folder)
  try {
    let done = 0
    const numbers = Array.from({ length: pairs }, (_, index) => index)
    for await (const found of inOrder(numbers, 2 * workers, async (index) => {
      const { id, vi, ir } = source.pair(index)
      return [...(await imageProblem(id, 'vi', vi)), ...(await imageProblem(id, 'ir', ir))]
    })) {
      tell(found)
      onProgress?.(++done, pairs)
    }
  } finally {
    source.close()
  }
  return { ...report, annotations }
}

async function checkTar(folder: string, name: string, recorded: string) {
  const found = await tarProblem(folder, name, recorded)
  const isRead = found.every(({ fault }) => fault !== 'unreadable')
  return {
    found,
    notes: isRead ? await checkShardNotes(join(folder, name)) : { annotations: 0, findings: [] },
  }
}

async function tarProblem(folder: string, name: string, recorded: string): Promise<Finding[]> {
  const file = join(folder, name)
  const about = { id: name, modality: null, file }
  try {
    const found = await sha256(file)
    if (found === recorded) return []
    const detail = `SHA-256 ${found.slice(0, 12)}…, recorded was ${recorded.slice(0, 12)}…`
    return [{ ...about, fault: 'changed', detail }]
  } catch (error) {
    return [
      { ...about, fault: 'unreadable', detail: `cannot be read (${(error as NodeJS.ErrnoException).code})` },
    ]
  }
}

type Image = Parameters<typeof loadImage>[0]

async function imageProblem(id: string, modality: 'vi' | 'ir', image: Image): Promise<Finding[]> {
  const file = fileOf(image)
  try {
    await loadImage(image, { modality: modality === 'vi' ? 'rgb' : 'ir', size: side })
    return []
  } catch (error) {
    const detail = (error as Error).message.replace(`${file}: `, '').split('\n')[0]!.slice(0, 300)
    return [{ id, modality, file, fault: 'unreadable', detail }]
  }
}
