import { readFileSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { refusePipe } from './refuse-pipe'

/**
 * A file's name without folders and extension, by which images, partners and labels find each other. Composed (NFC): macOS
 * writes `é` as two characters, and a copy made there is the same name.
 */
export const fileStem = (name: string): string => basename(name, extname(name)).normalize('NFC')

/**
 * Stems of a split file, one a line; extensions of images are cut off, blank lines left out.
 * @throws Error naming a file that cannot be read.
 */
export function readStems(file: string): ReadonlySet<string> {
  refusePipe(file)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new Error(`split file ${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
  const lines = text.split(/\r?\n/).map((line) =>
    line
      .trim()
      .replace(/\.(jpe?g|png|webp|tiff?|bmp)$/i, '')
      .normalize('NFC'),
  )
  return new Set(lines.filter((line) => line !== ''))
}
