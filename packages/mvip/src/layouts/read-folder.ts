import { readdirSync } from 'node:fs'
import { extname, join } from 'node:path'
import { imageFiles } from './folder'

/** Names in a folder, sorted. @throws Error naming a folder that cannot be read. */
export function readFolder(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const rights = code === 'EACCES' ? ': this user has no right to read it' : ''
    throw new Error(`${folder} cannot be read (${code})${rights}`)
  }
}

/** Paths of the images that lie in a folder, sorted, whatever of the known extensions they have. */
export const imagesIn = (folder: string): string[] =>
  readFolder(folder).flatMap((name) =>
    imageFiles.has(extname(name).toLowerCase()) ? [join(folder, name)] : [],
  )
