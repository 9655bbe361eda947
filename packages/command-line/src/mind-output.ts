interface Output {
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown
}

/**
 * Keeps the process alive where its output cannot be written: work of hours does not end because nobody reads what it tells.
 * A reader that has gone (EPIPE: `… | head`) is none of our business; anything else is told once on standard error, and the
 * exit code is then 1.
 */
export function mindOutput(
  name: string,
  outputs: { readonly stdout: Output; readonly stderr: Output } = process,
  say: (line: string) => void = console.error,
): void {
  let told = false
  const onError = (stream: string) => (error: NodeJS.ErrnoException) => {
    if (told || error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') return
    told = true
    process.exitCode ||= 1
    say(`${name}: ${stream} cannot be written (${error.code ?? error.message})`)
  }
  outputs.stdout.on('error', onError('standard output'))
  outputs.stderr.on('error', onError('standard error'))
}
