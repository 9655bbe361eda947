import { existsSync, writeFileSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { makeFolder } from './make-folder'
import { realPlace } from './real-place'

/** Lies in a folder that is being written; one that a killed process left tells that the folder is not whole. */
export const lockName = '.lock'

/** Locks of this process. */
const held = new Set<string>()

interface Owner {
  readonly pid: number
  readonly host: string
}

/** What a lock says; undefined: it is gone meanwhile, or was cut off by a crash. */
async function readLock(file: string): Promise<Owner | undefined> {
  for (let tries = 0; tries < 2; tries++) {
    const text = await readFile(file, 'utf8').catch(() => undefined)
    if (text === undefined) return undefined
    try {
      return JSON.parse(text)
    } catch {
      await setTimeout(100) // its process may have made the file and be about to write it
    }
  }
  return undefined
}

/** Whose lock it is, as far as that process may still be at work. */
async function ownerOf(file: string): Promise<Owner | undefined> {
  const owner = await readLock(file)
  const { pid, host } = owner ?? {}
  if (!owner || !Number.isInteger(pid) || pid! <= 0 || typeof host !== 'string') return undefined
  if (host !== hostname()) return owner // not to be found out from here
  if (pid === process.pid) return held.has(file) ? owner : undefined
  try {
    process.kill(owner.pid, 0)
    return owner
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH' ? undefined : owner
  }
}

/**
 * Takes a folder for writing, and makes it where there is none. A lock whose process is gone is taken over.
 * @returns Gives the folder back; where it is left unfinished the lock stays and tells so.
 * @throws Error naming the folder and the other process where one writes there, or where it cannot be written.
 */
export async function lockFolder(folder: string): Promise<(finished?: boolean) => Promise<void>> {
  const cannot = ({ code }: NodeJS.ErrnoException) => new Error(`${folder}: cannot be written (${code})`)
  try {
    makeFolder(folder)
  } catch (error) {
    throw cannot(error as NodeJS.ErrnoException)
  }
  const file = join(realPlace(folder), lockName)
  for (let tries = 0; tries < 3; tries++) {
    try {
      // At one go: another call in this process would find a lock that nobody holds, or an empty one.
      writeFileSync(file, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: 'wx' })
      held.add(file)
      return async (finished = true) => {
        held.delete(file)
        if (finished) await rm(file, { force: true })
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw cannot(error as NodeJS.ErrnoException)
    }
    const owner = await ownerOf(file)
    if (owner)
      throw new Error(
        `${folder} is being written by process ${owner.pid} on ${owner.host}; wait for it, or delete ${file} where there is none any more`,
      )
    await rm(file, { force: true })
  }
  throw new Error(`${folder}: another process takes it again and again`)
}

/** @throws Error where a folder is being written, or was when its process ended. */
export function checkFinished(folder: string): void {
  if (existsSync(join(folder, lockName)))
    throw new Error(
      `${folder} is unfinished: what writes it is at work or was interrupted; run that command again (or delete ${join(folder, lockName)} where you know better)`,
    )
}
