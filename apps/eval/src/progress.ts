/** Tells how far the work is: one line rewritten on a terminal, a plain line at most every tenth elsewhere. */
export type Progress = (done: number, total: number) => void

/** Progress on standard error, so that standard output holds the results alone. */
export function progressLine(
  what: string,
  stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY'> = process.stderr,
): Progress {
  const started = performance.now()
  let tenths = 0
  return (done, total) => {
    const seconds = Math.max(1e-3, (performance.now() - started) / 1000)
    const left = Math.ceil(((total - done) * seconds) / done)
    const text = `${what} ${done}/${total}, ${(done / seconds).toFixed(1)}/s, ${left} s left`
    if (stream.isTTY) stream.write(`\r\u001b[K${text}${done === total ? '\n' : ''}`)
    else if (Math.floor((10 * done) / total) > tenths || done === total) {
      tenths = Math.floor((10 * done) / total)
      stream.write(`${text}\n`)
    }
  }
}
