import { createHash } from 'node:crypto'
import { appendFileSync, createReadStream, existsSync, rmSync, statSync, truncateSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { fileOf, type ImageRef, type LabelRef } from '@univ/mvip'
import { extrasFile } from '@univ/train'

/** Answers by their keys. */
export interface Journal {
  /**
   * What an interrupted run recorded under this key; undefined where it did not come so far.
   * @param read What the answer is in the file's JSON; undefined where the JSON is no such thing.
   * @throws Error naming file and key where `read` gives nothing
   */
  recall<T>(key: string, read: (value: unknown) => T | undefined): T | undefined
  /** Is on the disk before the call returns, as far as the system lets a process see to that. */
  record(key: string, value: unknown): void
}

/** A journal on the disk, beside the result that it leads to. */
export interface JournalFile extends Journal {
  readonly file: string
  /** Answers taken over. */
  readonly known: number
  /** The result is written: the journal has done its work. */
  remove(): void
}

/** Where nobody will go on. */
export const noJournal: Journal = { recall: () => undefined, record: () => undefined }

/** Flags that change no answer. */
const indifferent = new Set(['json', 'report', 'pictures', 'log', 'batch', 'resume', 'config'])

/**
 * The journal of a command, `RESULT.partial.jsonl`: its first line says what the answers depend on, each further line is
 * an answer.
 * @param flags The command's; those that change no answer may differ when a run goes on.
 * @param models The networks that answer, each with its head beside it.
 * @param say Told how much is known already; default: standard error.
 * @throws Error where a journal is there without `resume`, or belongs to other flags or networks, or `json` is missing
 */
export async function openJournal(
  command: string,
  flags: Readonly<Record<string, unknown>> & { readonly json?: string; readonly resume: boolean },
  models: readonly string[],
  say: (line: string) => void = console.error,
): Promise<JournalFile | undefined> {
  const { json, resume } = flags
  if (json === undefined) {
    if (resume) throw new Error('--resume needs --json FILE: what is done already lies beside it')
    return undefined
  }
  const file = `${json}.partial.jsonl`
  const counting = Object.entries(flags).filter(([name]) => !indifferent.has(name))
  const head = JSON.stringify({
    command,
    flags: Object.fromEntries(counting.sort()),
    models: await hashes(models.flatMap((model) => [model, extrasFile(model)])),
  })
  const entries = new Map<string, unknown>()
  if (existsSync(file)) {
    if (!resume)
      throw new Error(
        `${file} is left of an interrupted run: go on with --resume, or delete it to begin anew`,
      )
    await readEntries(file, head, entries)
    if (entries.size > 0) say(`going on after ${entries.size} answers of ${file}`)
  }
  return {
    file,
    known: entries.size,
    recall(key, read) {
      const value = entries.get(key)
      if (value === undefined) return undefined
      const answer = read(value)
      if (answer === undefined)
        throw new Error(`${file}: ${key} holds no answer of ${command}; delete the file`)
      return answer
    },
    record(key, value) {
      // Not before the first answer: a command that refuses its flags leaves nothing behind.
      if (!existsSync(file)) appendFileSync(file, `${head}\n`)
      appendFileSync(file, `${JSON.stringify([key, value])}\n`)
    },
    remove: () => rmSync(file, { force: true }),
  }
}

/** Reads a journal; what a crash left of its last line is cut off. @throws Error naming file and line */
async function readEntries(file: string, head: string, entries: Map<string, unknown>): Promise<void> {
  let [line, whole, rest] = [0, 0, '']
  const take = (text: string) => {
    line++
    whole += Buffer.byteLength(text) + 1
    if (line === 1) {
      if (text === head) return
      throw new Error(
        `${file}: begun with other flags, another checkpoint or another version; delete it to begin anew`,
      )
    }
    const [key, value] = entryOf(text) ?? []
    if (key === undefined)
      throw new Error(`${file}:${line}: not [key, answer]; delete the file to begin anew`)
    entries.set(key, value)
  }
  // Not readline: it takes further characters for ends of lines, and a last line without one for a whole line.
  for await (const piece of createReadStream(file, 'utf8')) {
    const lines = `${rest}${piece}`.split('\n')
    rest = lines.pop()!
    lines.forEach(take)
  }
  if (line === 0) rmSync(file)
  else truncateSync(file, whole)
}

function entryOf(text: string): readonly [string, unknown] | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) && typeof value[0] === 'string' && value.length === 2
      ? [value[0], value[1]]
      : undefined
  } catch {
    return undefined
  }
}

async function hashes(files: readonly string[]): Promise<string[]> {
  const found = files.filter(existsSync)
  return Promise.all(
    found.map(async (file) => {
      const hash = createHash('sha256')
      await pipeline(createReadStream(file), hash)
      return hash.digest('hex')
    }),
  )
}

/** Size, time of change and the part that counts: an answer about a file that has changed or is cut otherwise is none. */
export function fileState(...files: readonly (string | ImageRef | LabelRef)[]): string {
  return files
    .map((file) => {
      const { size, mtimeMs } = statSync(fileOf(file))
      const crop = typeof file === 'string' ? undefined : file.crop
      const part = crop ? `-${crop.left}-${crop.top}-${crop.width}-${crop.height}` : ''
      return `${size}-${Math.round(mtimeMs)}${part}`
    })
    .join(' ')
}
