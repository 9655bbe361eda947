import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { textOf } from './read-text'

/**
 * Class names of the first of these folders that has a `classes.txt`, one a line; undefined where none has.
 * @throws Error where the file cannot be read or names nothing.
 */
export function findClassNames(folders: readonly string[]): readonly string[] | undefined {
  const file = folders.map((folder) => join(folder, 'classes.txt')).find(existsSync)
  if (file === undefined) return undefined
  const names = textOf(file)
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
  if (names.length === 0) throw new Error(`${file}: no class names`)
  return names
}
