import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { readFrom } from '../read-text'

/**
 * Values of a JSON Lines file, one at a time.
 * @throws Error naming the file where it cannot be read, and the line where one is no JSON.
 */
export async function* readJsonLines(file: string): AsyncGenerator<{ value: unknown; line: number }> {
  let line = 0
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })
  for await (const text of readFrom(file, lines)) {
    line++
    if (text.trim() === '') continue
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (error) {
      throw new Error(`${file}:${line}: no JSON (${(error as Error).message})`)
    }
    yield { value, line }
  }
}

export interface JsonLinesWriter {
  write(value: unknown): Promise<void>
  /** Everything written so far is handed to the system. */
  flush(): Promise<void>
  close(): Promise<void>
}

/**
 * Writes values a line each, some 64 KB at a time.
 * @param flags As of `fs.open`: `w` or `a`.
 * @throws Error naming the file where the disk is full.
 */
export async function writeJsonLines(file: string, flags: 'w' | 'a' = 'w'): Promise<JsonLinesWriter> {
  const handle: FileHandle = await open(file, flags)
  let waiting: string[] = []
  let size = 0
  async function flush() {
    const text = waiting.join('')
    waiting = []
    size = 0
    if (text === '') return
    try {
      await handle.appendFile(text)
    } catch (error) {
      throw new Error(`${file}: cannot be written (${(error as Error).message})`)
    }
  }
  return {
    async write(value) {
      const text = `${JSON.stringify(value)}\n`
      waiting.push(text)
      size += text.length
      if (size >= 65536) await flush()
    },
    flush,
    async close() {
      await flush()
      await handle.close()
    },
  }
}
