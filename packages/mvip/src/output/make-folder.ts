import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * Makes a folder and those above it that are missing. Not `mkdir`'s own `recursive`: where the system says of a new folder's
 * parent that it is not there although it is (`/proc`), Node 20 tries for ever.
 * @throws Error of the system where it cannot be made or a file has its name.
 */
export function makeFolder(folder: string): void {
  const missing: string[] = []
  let path = resolve(folder)
  for (; !existsSync(path) && dirname(path) !== path; path = dirname(path)) missing.push(path)
  for (const place of missing.reverse()) {
    try {
      mkdirSync(place)
    } catch (error) {
      // Another process may have made it meanwhile.
      if (!statSync(place, { throwIfNoEntry: false })?.isDirectory()) throw error
    }
  }
  if (!statSync(path).isDirectory()) throw Object.assign(new Error(`${path} is a file`), { code: 'ENOTDIR' })
}
