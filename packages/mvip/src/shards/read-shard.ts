import { createReadStream } from 'node:fs'
import { extract, type Header } from 'tar-stream'

/** A member larger than this is no image of ours: nothing of it is kept. */
const memberLimit = 256 * 1024 * 1024

/** A file within a tar. */
export interface ShardMember {
  /** What the members of one sample share: the name up to its first dot (WebDataset). */
  readonly key: string
  /** The rest of the name, without the dot: `vi.jpg`. */
  readonly suffix: string
  /** First byte of the content in the tar. */
  readonly offset: number
  readonly length: number
}

/** The reader tells where the content begins, past pax attributes and GNU's long names; its types do not know. */
interface PlacedHeader extends Header {
  readonly byteOffset?: number
}

/** @throws Error where a member is no plain file or its name leads out of the folder that it may be unpacked into. */
export function checkMember({ name, type, size = 0 }: Header, where: string): void {
  const said = JSON.stringify(name)
  if (type !== 'file' && type !== 'directory')
    throw new Error(`${where}: member ${said} is a ${type}; a shard holds files only`)
  const parts = name.split(/[/\\]/)
  if (/^[/\\]|^[a-z]:/i.test(name) || parts.includes('..') || name.includes('\0'))
    throw new Error(`${where}: member ${said} leads out of the shard`)
  if (name.includes('\ufffd')) throw new Error(`${where}: the name of member ${said} is not UTF-8`)
  if (size > memberLimit)
    throw new Error(`${where}: member ${said} has ${size} bytes; more than ${memberLimit} are refused`)
}

/**
 * The files of a tar in order, each with its place in it; folders are passed over. Content goes by in pieces and is
 * kept only where `content` asks for it.
 * @throws Error naming the tar where it is cut, a member is no plain file, or a name leads out of it.
 */
export async function readShard(
  file: string,
  visit: (member: ShardMember, content: Buffer | undefined) => void,
  content: (suffix: string) => boolean = () => false,
): Promise<void> {
  const [bytes, tar] = [createReadStream(file), extract()]
  bytes.on('error', (error) => tar.destroy(error))
  bytes.pipe(tar)
  try {
    for await (const entry of tar) {
      const header: PlacedHeader = entry.header
      const { name, size = 0, byteOffset: offset } = header
      checkMember(header, file)
      if (header.type === 'directory') {
        entry.resume()
        continue
      }
      if (offset === undefined) throw new Error('the reader does not tell where a member lies')
      const base = name.replace(/^\.\//, '')
      const dot = base.indexOf('.', base.lastIndexOf('/') + 1)
      const [key, suffix] = dot < 0 ? [base, ''] : [base.slice(0, dot), base.slice(dot + 1)]
      const pieces: Buffer[] = []
      const wanted = content(suffix)
      for await (const piece of entry) if (wanted) pieces.push(piece as Buffer)
      visit({ key, suffix, offset, length: size }, wanted ? Buffer.concat(pieces) : undefined)
    }
  } catch (error) {
    const { message } = error as Error
    throw message.startsWith(file) ? error : new Error(`${file}: cannot be read as a tar (${message})`)
  } finally {
    bytes.destroy()
  }
}
