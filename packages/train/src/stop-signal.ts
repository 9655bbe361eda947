/** Whether the user asked the run to end. */
export interface StopSignal {
  readonly requested: boolean
  readonly reason: string | undefined
  /** Stops listening. */
  release(): void
}

const minded = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Takes SIGINT, SIGTERM and SIGHUP (the terminal is closed) as a wish to finish the running step, save and leave. A second SIGINT ends the process at
 * once, as a user who is in a hurry expects; the files on disk are then those of the last save.
 */
export function listenForStop(say: (message: string) => void = () => {}): StopSignal {
  let reason: string | undefined
  const onSignal = (signal: NodeJS.Signals) => {
    if (reason && signal === 'SIGINT') process.exit(130)
    reason = signal
    say(`${signal}: finishing this step, then saving`)
  }
  for (const signal of minded) process.on(signal, onSignal)
  return {
    get requested() {
      return reason !== undefined
    },
    get reason() {
      return reason
    },
    release() {
      for (const signal of minded) process.off(signal, onSignal)
    },
  }
}
