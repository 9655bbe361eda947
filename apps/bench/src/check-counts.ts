import type { WorkCount } from '@univ/compile'
import { z } from 'zod'

const kept = z.looseObject({
  nodes: z.number(),
  flops: z.number(),
  constantBytes: z.number(),
  intermediateBytes: z.number(),
  peakBytes: z.number(),
})

/** Work may grow by so much before the check fails. */
const tolerance = 0.01

/**
 * Compares counted work with a kept file.
 * @returns one line for each figure that grew; empty when none did
 * @throws Error where the file is no count
 */
export function grownWork(work: WorkCount, text: string): string[] {
  const parsed = kept.safeParse(JSON.parse(text))
  if (!parsed.success) throw new Error(`not a file of --count --json: ${parsed.error.issues[0]!.message}`)
  const before = parsed.data
  return (Object.keys(kept.shape) as (keyof typeof kept.shape)[])
    .filter((name) => work[name] > before[name] * (1 + tolerance))
    .map((name) => `${name} grew from ${before[name]} to ${work[name]}`)
}
