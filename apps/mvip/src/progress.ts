import cliProgress from 'cli-progress'

/** A bar with rate and time left on a terminal, a line now and then elsewhere (logs). */
export function progressBar(what: string): {
  readonly at: (done: number, total: number) => void
  readonly end: () => void
} {
  const bar = new cliProgress.SingleBar({
    format: `${what} {bar} {value}/{total} · {rate}/s · {left} left`,
    barsize: 30,
    hideCursor: true,
    clearOnComplete: true,
    noTTYOutput: true,
    notTTYSchedule: 10_000,
  })
  let begun = 0
  return {
    at(done, total) {
      if (begun === 0) {
        begun = Date.now()
        bar.start(total, 0, { rate: '–', left: '–' })
      }
      const rate = (1000 * done) / Math.max(1, Date.now() - begun)
      bar.update(done, { rate: rate.toFixed(rate < 10 ? 1 : 0), left: timeText((total - done) / rate) })
    },
    end: () => bar.stop(),
  }
}

/** `45 s`, `3 min 10 s`, `2 h 05 min`. */
export function timeText(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–'
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`
}
