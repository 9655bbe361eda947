import { constants } from 'node:os'
import {
  hasSavedRun,
  listenForStop,
  type NamedBatch,
  type RunOptions,
  type RunResult,
  run,
} from '@univ/train'
import { showRun } from './show-run'

/** Where a run goes and whether it goes on; from the command line. */
export interface RunFlags {
  readonly out: string
  readonly resume?: boolean
}

/** How a run ended, and the signal that ended it early. */
export interface Outcome extends RunResult {
  readonly signal?: string
}

/**
 * Asked before anything is read or computed.
 * @throws Error where there is nothing to resume, or a run in `out` would be overwritten.
 */
export function checkRunFolder({ out, resume }: RunFlags): void {
  if (resume && !hasSavedRun(out)) throw new Error(`${out}: nothing to resume (no last.state.safetensors)`)
  if (!resume && hasSavedRun(out))
    throw new Error(
      `${out} holds a run already: go on with --resume, choose another folder with --out, or delete it`,
    )
}

/** Runs with progress shown and signals minded. */
export async function supervisedRun<Batch extends NamedBatch>(
  options: Omit<RunOptions<Batch>, 'listener' | 'shouldStop'>,
  shown: { readonly batch: number; readonly unit: string },
): Promise<Outcome> {
  const { epochs, source } = options
  const shownRun = showRun({ epochs, batchesPerEpoch: source.batchesPerEpoch, ...shown })
  const stop = listenForStop((message) => console.error(`\n${message}`))
  try {
    const result = await run({ ...options, listener: shownRun, shouldStop: () => stop.requested })
    return { ...result, signal: stop.reason }
  } finally {
    shownRun.end()
    stop.release()
  }
}

/** What to say at the end; sets the exit code of an early one as shells expect it. */
export function reportOutcome({ finished, signal, position, backbone }: Outcome, again: string): void {
  if (finished) {
    console.log(`done: ${backbone}`)
    return
  }
  console.log(
    `stopped after batch ${position.batch} of epoch ${position.epoch + 1}, all saved; go on with:\n  ${again}`,
  )
  process.exitCode = exitCodeOf(signal)
}

/** The status that shells expect after a signal. */
export const exitCodeOf = (signal = 'SIGINT'): number =>
  128 + (constants.signals[signal as NodeJS.Signals] ?? 2)
