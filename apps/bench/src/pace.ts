import { createInterface } from 'node:readline'

/** When the measured runs begin, and who hears how long each took. */
export interface Pace {
  /** Resolves when the next measured run may begin. @throws Error where nobody is left to say so */
  next(): Promise<void>
  /** @param ms Milliseconds of the run that has just ended */
  ran(ms: number): void
  /** No more runs: whoever said when they begin need not be listened to. */
  end(): void
}

/** One run after another. */
export const ownPace: Pace = { next: async () => {}, ran: () => {}, end: () => {} }

/**
 * A run for each line of standard input, so that another program can have its turn between two runs. Says `paced warm` when it
 * first waits and `paced MS` after each run, on standard output; `tools/paced-peer.py` makes the PyTorch peer do the same.
 */
export function paceOfStandardInput(): Pace {
  const reader = createInterface({ input: process.stdin })
  const lines = reader[Symbol.asyncIterator]()
  let warm = false
  return {
    async next() {
      if (!warm) console.log('paced warm')
      warm = true
      if ((await lines.next()).done) throw new Error('standard input ended before the last run')
    },
    ran: (ms) => console.log(`paced ${ms}`),
    end() {
      reader.close()
      process.stdin.destroy()
    },
  }
}
