/** How fast work goes on; NaN where two reports are not there yet. */
export interface Pace {
  /** Steps a second. */
  readonly rate: number
  /** Seconds. */
  readonly left: number
}

/** What the rate is taken over, whichever is longer. */
const [windowSeconds, windowReports] = [60, 10]

/**
 * Rate and time left over the last minute. The first report is where it begins: what an earlier run had done counts for
 * nothing, and neither does getting ready.
 * @param now Milliseconds.
 */
export function openPace(now: () => number): (done: number, total: number) => Pace {
  let reports: { readonly at: number; readonly done: number }[] = []
  return (done, total) => {
    const at = now()
    reports.push({ at, done })
    const inWindow = reports.findIndex((report) => report.at >= at - windowSeconds * 1000)
    reports = reports.slice(Math.max(0, Math.min(inWindow, reports.length - windowReports)))
    const first = reports[0]!
    const seconds = (at - first.at) / 1000
    const rate = seconds > 0 && done > first.done ? (done - first.done) / seconds : Number.NaN
    return { rate, left: (total - done) / rate }
  }
}
