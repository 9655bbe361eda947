import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readFolder } from '../layouts/read-folder'

/**
 * @param isOurs Whether an earlier run of the same command wrote a file of this name.
 * @throws Error naming the first thing in a folder that is not ours: what a command replaces must be its own. Hidden
 *   files are passed over.
 */
export function checkOwnFolder(
  folder: string,
  what: string,
  isOurs: (name: string, path: string) => boolean,
): void {
  if (!existsSync(folder)) return
  if (!statSync(folder).isDirectory()) throw new Error(`--out ${folder} is a file; a folder is wanted`)
  const foreign = readFolder(folder).find(
    (name) => !name.startsWith('.') && !isOurs(name, join(folder, name)),
  )
  if (foreign !== undefined)
    throw new Error(
      `--out ${folder} holds ${JSON.stringify(foreign)}, which is none of ${what}; give an empty folder`,
    )
}
