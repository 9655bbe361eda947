import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Runs `univ-eval`, which prints its figures; the apps do not import each other.
 * @throws Error where it is not built, or ended with another status than 0.
 */
export function univEval(words: readonly string[]): void {
  const evaluation = fileURLToPath(new URL('../../eval/dist/main.js', import.meta.url))
  if (!existsSync(evaluation)) throw new Error(`${evaluation} is not built: run npm run build`)
  const { status, error } = spawnSync(process.execPath, [evaluation, ...words], { stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) throw new Error(`univ-eval ${words.join(' ')} ended with status ${status}`)
}
