import { existsSync } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readJsonLines, writeJsonLines } from '../manifest/json-lines'
import { journalMark } from '../manifest/open-dataset'
import { makeFolder } from '../output/make-folder'
import { textOf } from '../read-text'
import type { Inspection, InspectionProblem } from './inspect'
import type { SourceSample } from './list-sources'

/** What was found out about one sample, and of which state of its files. */
export interface JournalEntry extends SourceSample {
  /** Size and time of change of every file of the sample. */
  readonly state: string
  readonly result: Inspection | InspectionProblem
}

/** How far an entry may have moved (files added or removed since) to be found again. */
const window = 2048

/**
 * What earlier, perhaps interrupted builds found out, asked for in listing order. It is read alongside the listing:
 * memory does not grow with it.
 */
export interface Journal {
  /** The entry of this sample, where its files are as they were. */
  recall(id: string, state: string): Promise<JournalEntry | undefined>
  record(entry: JournalEntry): Promise<void>
  /** Where the entries of this build lie. */
  readonly file: string
  close(): Promise<void>
}

function isEntry(value: unknown): value is JournalEntry {
  const entry = value as Partial<JournalEntry> | null
  return typeof entry?.id === 'string' && typeof entry.state === 'string' && typeof entry.result === 'object'
}

/** Entries of a journal; a last line that was cut off by a crash ends it. */
export async function* entriesOf(file: string): AsyncGenerator<JournalEntry> {
  if (!existsSync(file)) return
  try {
    for await (const { value } of readJsonLines(file)) if (isEntry(value)) yield value
  } catch {
    // The rest is inspected anew.
  }
}

/** Joins what the last build wrote with what it had not yet read again of the one before. */
async function mergeJournals(folder: string): Promise<string> {
  const [current, previous] = [join(folder, 'journal.jsonl'), join(folder, 'previous.jsonl')]
  if (!existsSync(current)) return previous
  const merged = join(folder, 'merged.jsonl')
  const out = await writeJsonLines(merged)
  let last: string | undefined
  for await (const entry of entriesOf(current)) {
    await out.write(entry)
    last = entry.id
  }
  let past = last === undefined
  for await (const entry of entriesOf(previous)) {
    if (past) await out.write(entry)
    else past = entry.id === last
  }
  await out.close()
  await rename(merged, previous)
  await rm(current)
  return previous
}

/** @param inputs What results depend on besides the files; a journal of other inputs is thrown away. */
export async function openJournal(folder: string, inputs: string): Promise<Journal> {
  makeFolder(folder)
  const mark = join(folder, journalMark)
  if (!existsSync(mark) || textOf(mark) !== inputs) {
    for (const name of ['journal.jsonl', 'previous.jsonl']) await rm(join(folder, name), { force: true })
    await writeFile(mark, inputs)
  }
  const old = entriesOf(await mergeJournals(folder))
  const out = await writeJsonLines(join(folder, 'journal.jsonl'))
  const near = new Map<string, JournalEntry>()
  let ended = false
  let sinceFlush = 0
  async function fill() {
    while (!ended && near.size < window) {
      const { value, done } = await old.next()
      if (done) ended = true
      else near.set(value.id, value)
    }
  }
  return {
    file: join(folder, 'journal.jsonl'),
    async recall(id, state) {
      await fill()
      const entry = near.get(id)
      if (!entry) return undefined
      // What stands before it was not asked for: those samples are gone.
      for (const key of near.keys()) {
        near.delete(key)
        if (key === id) break
      }
      return entry.state === state ? entry : undefined
    },
    async record(entry) {
      await out.write(entry)
      if (++sinceFlush < 64) return
      sinceFlush = 0
      await out.flush()
    },
    async close() {
      await old.return(undefined)
      await out.close()
    },
  }
}
