import { readFileSync } from 'node:fs'

/** The text of an annotation file, or why it cannot be read. */
export function readText(file: string): { readonly text: string } | { readonly problem: string } {
  try {
    return { text: readFileSync(file, 'utf8') }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return { problem: code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})` }
  }
}
