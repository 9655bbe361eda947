import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { z } from 'zod'

const result = z.looseObject({ ms: z.number(), per_second: z.number(), peak_rss_mb: z.number() })

export type PeerResult = z.infer<typeof result>

/** Why the PyTorch peer cannot run here, or nothing. */
export function peerObstacle(peer: string, python: string): string | undefined {
  if (!existsSync(peer)) return `${peer} is not there; give --peer FILE`
  const { status, error } = spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' })
  if (error) return `${python} could not be started (${error.message}); give --python COMMAND`
  return status === 0 ? undefined : `${python} has no torch; give --python COMMAND`
}

/** One run of the peer in a process of its own. */
export function runPeer(python: string, peer: string, words: readonly string[]): PeerResult {
  return lastLine(python, [peer, ...words], result)
}

/** Runs a command and reads the JSON of its last line. @throws Error with the command's own words where it fails */
export function lastLine<T>(command: string, words: readonly string[], schema: z.ZodType<T>): T {
  const { status, stdout, stderr, error } = spawnSync(command, [...words], { encoding: 'utf8' })
  if (error) throw error
  if (status !== 0)
    throw new Error(`${command} ${words.join(' ')} ended with ${status}:\n${stderr.trim().slice(-2000)}`)
  return schema.parse(JSON.parse(stdout.trim().split('\n').at(-1)!))
}
