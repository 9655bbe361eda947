import { basename } from 'node:path'
import { hasPngSignature } from 'fast-png'
import { openLabelPng } from '../label-png'
import { readShard, type ShardMember } from '../shards/read-shard'
import type { Finding } from './finding'

/** Names of annotations in shards, as `univ-mvip shard` gives them. */
const named = /^(?:(vi|ir)-)?(label-map|instance-map|yolo|voc|voc-oriented|coco|kaist|track)(?:\.([^.]+))?$/

/**
 * Counts the annotations of one tar, and tells of those that have no bytes, and of label maps that are no whole PNG. Never
 * rejects: a tar that cannot be read is a finding.
 */
export async function checkShardNotes(
  file: string,
): Promise<{ readonly annotations: number; readonly findings: readonly Finding[] }> {
  const findings: Finding[] = []
  let annotations = 0
  try {
    await readShard(
      file,
      (member, content) => {
        const [match, of, kind, extension] = named.exec(member.suffix) ?? []
        if (match === undefined) return
        annotations++
        const problem = noteProblem(`${member.key}.${member.suffix}`, member, content, extension)
        const modality = of === 'vi' || of === 'ir' ? of : null
        if (problem) findings.push({ id: member.key, modality, annotation: kind, file, ...problem })
      },
      (suffix) => /(label|instance)-map\./.test(suffix),
    )
  } catch (error) {
    const detail = (error as Error).message.replace(`${file}: `, '')
    findings.push({ id: basename(file), modality: null, file, fault: 'unreadable', detail })
  }
  return { annotations, findings }
}

function noteProblem(
  name: string,
  { length }: ShardMember,
  content: Buffer | undefined,
  extension: string | undefined,
): Pick<Finding, 'fault' | 'detail'> | undefined {
  // A text without lines is an image without objects.
  if (length === 0 && extension !== 'txt') return { fault: 'empty', detail: `${name} has no bytes` }
  if (!content || extension !== 'png') return undefined
  try {
    if (!hasPngSignature(content)) throw new Error(`${name}: no PNG`)
    openLabelPng(name, content)
    return undefined
  } catch (error) {
    return { fault: 'unreadable', detail: (error as Error).message }
  }
}
