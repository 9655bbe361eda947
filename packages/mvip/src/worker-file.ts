import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A built worker; from source (tests) it is the one in `dist`, since Node cannot run TypeScript in a worker. */
export function workerFile(name: string): string {
  // Found from whichever file this ends in: `src/` in tests, one flat `dist/` when built.
  const folder = import.meta.url.endsWith('.ts') ? '../dist/' : './'
  const file = fileURLToPath(new URL(`${folder}${name}.js`, import.meta.url))
  if (!existsSync(file))
    throw new Error(
      `${file} is missing: install @univ/mvip again and keep its dist/ whole (bundlers leave workers out); in its repository, npm run build`,
    )
  return file
}
