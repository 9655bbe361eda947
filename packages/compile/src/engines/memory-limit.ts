import { totalmem } from 'node:os'
import { CompileError } from '../compile-error'
import { countWork } from '../count-work'
import type { Graph } from '../graph'

/** Bytes that this process may hold: the machine's, or what its container leaves it. */
export function memoryLimit(): number {
  const allowed = process.constrainedMemory?.() ?? 0 // 0 or beyond the machine: no limit
  return allowed > 0 ? Math.min(allowed, totalmem()) : totalmem()
}

/**
 * Refuses a program whose values cannot be held at once, before the engine fails deep inside or the system ends the process.
 * What an engine adds to the counted bytes is not known, so that a program that just passes may still be too large.
 * @param limit Default: what this process may hold.
 * @throws CompileError with both sizes.
 */
export function refuseTooLarge(graph: Graph, limit = memoryLimit()): void {
  const { peakBytes } = countWork(graph)
  if (peakBytes <= limit) return
  const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(bytes < 2 ** 34 ? 2 : 0)} GB`
  throw new CompileError(
    `the program holds ${gigabytes(peakBytes)} at once, this process may hold ${gigabytes(limit)}: take a smaller batch or ` +
      'smaller images (in training, recomputed activations need less too)',
  )
}
