import { availableParallelism } from 'node:os'

/** Threads that nobody has cores for: more of them fill the memory before they do anything. */
const most = 256

/**
 * How many threads are started.
 * @param wanted Default: the machine's cores.
 * @param items Things to do: each thread has at least one of them.
 * @throws Error where it is no number of threads.
 */
export function workerCount(wanted: number = availableParallelism(), items = most): number {
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > most)
    throw new Error(`workers ${wanted}: a whole number from 1 to ${most} is wanted`)
  return Math.max(1, Math.min(wanted, items))
}
