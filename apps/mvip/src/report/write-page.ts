import { existsSync } from 'node:fs'
import { open, rename, rm, writeFile } from 'node:fs/promises'

const opening = '<!doctype html>'

/**
 * Writes an HTML page, whole or not at all.
 * @throws Error where a file that is no HTML page has its name, or it cannot be written.
 */
export async function writePage(flag: string, file: string, html: string): Promise<void> {
  await checkReplaceable(flag, file)
  const part = `${file}.part`
  try {
    await writeFile(part, html)
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined) // the first error is the one to tell
    throw new Error(`--${flag} ${file}: cannot be written (${(error as NodeJS.ErrnoException).code})`)
  }
}

/** @throws Error where something that is no HTML page would be replaced. */
export async function checkReplaceable(flag: string, file: string): Promise<void> {
  if (!existsSync(file)) return
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(opening.length), 0, opening.length, 0)
    if (buffer.toString('latin1', 0, bytesRead).toLowerCase() !== opening)
      throw new Error(`--${flag} ${file} is there and no HTML page: it is not replaced; give another name`)
  } finally {
    await handle.close()
  }
}
