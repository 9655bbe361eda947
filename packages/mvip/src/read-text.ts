import { readFileSync, statSync } from 'node:fs'

/** Why a file cannot be read, in words. */
function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return `cannot be read (${code ?? message.split('\n')[0]})`
}

function plainText(file: string): string {
  const stats = statSync(file)
  // A pipe would be waited for, a device read for ever; of a folder the system tells.
  if (!stats.isFile() && !stats.isDirectory()) throw new Error('it is no plain file')
  return readFileSync(file, 'utf8')
}

/** One line for an error of the system's that says which file it is about. */
export const unreadable = (file: string, error: unknown): Error =>
  new Error(`${file}: ${reasonOf(error)}`, { cause: error })

/** The text of a file, or why it cannot be read. */
export function readText(file: string): { readonly text: string } | { readonly problem: string } {
  try {
    return { text: plainText(file) }
  } catch (error) {
    const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT'
    return { problem: isGone ? 'there is no such file' : reasonOf(error) }
  }
}

/** The text of a file. @throws Error naming a file that cannot be read. */
export function textOf(file: string): string {
  try {
    return plainText(file)
  } catch (error) {
    throw unreadable(file, error)
  }
}

/** What a stream of a file gives. @throws Error naming a file that cannot be read. */
export async function* readFrom<Item>(file: string, stream: AsyncIterable<Item>): AsyncGenerator<Item> {
  try {
    yield* stream
  } catch (error) {
    throw unreadable(file, error)
  }
}
