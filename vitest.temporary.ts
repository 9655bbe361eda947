import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Gives a whole run of tests one temporary folder, which every `tmpdir()` in it and in what it starts is, and removes it in the
 * end: whatever a test leaves behind goes with it.
 */
export function setup(): () => void {
  const before = { TMPDIR: process.env.TMPDIR, TEMP: process.env.TEMP, TMP: process.env.TMP }
  const folder = mkdtempSync(join(tmpdir(), 'univ-tests-'))
  chmodSync(folder, 0o711) // some tests run a command as another user
  for (const name of Object.keys(before)) process.env[name] = folder
  return () => {
    for (const [name, value] of Object.entries(before))
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
