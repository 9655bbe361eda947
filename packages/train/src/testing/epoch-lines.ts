import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a run logged at the end of every epoch. */
export const epochLines = (out: string): Record<string, number>[] =>
  readFileSync(join(out, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ kind }) => kind === 'epoch')
