import cliProgress from 'cli-progress'
import { durationText } from './duration'
import { openPace } from './pace'

/** Told how far the work is. @param note What else is worth seeing: a loss, say. */
export type Report = (done: number, total: number, note?: string) => void

export interface Progress {
  readonly at: Report
  /** Writes a line, above the bar where there is one. */
  say(line: string): void
  /** Takes the bar away. A bar that is left keeps the process alive. */
  end(): void
}

export interface ProgressOptions {
  /** What the rate counts: `pairs`. Default: the steps. */
  readonly unit?: string
  /** Units in a step; default 1. */
  readonly each?: number
  /** Default standard error, so that standard output holds the results alone. */
  readonly stream?: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>
  /** Milliseconds; for tests. */
  readonly now?: () => number
}

/** Seconds between two lines where no bar is drawn. */
const quietSeconds = 20

/** A bar with rate and time left on a terminal, a plain line now and then elsewhere. */
export function openProgress(what: string, options: ProgressOptions = {}): Progress {
  const { unit = '', each = 1, stream = process.stderr, now = () => performance.now() } = options
  const pace = openPace(now)
  const bar = stream.isTTY ? newBar(what, stream) : undefined
  let begun = false
  let [lastLine, lines] = [now(), 0]
  const say = (line: string) => void stream.write(bar ? `\r\u001b[K${line}\n` : `${line}\n`)
  return {
    at(done, total, note = '') {
      const { rate, left } = pace(done, total)
      const figures = [
        Number.isNaN(rate) ? '' : `${rateText(rate * each)}${unit && ` ${unit}`}/s`,
        Number.isNaN(left) ? '' : `${durationText(left)} left`,
        note,
      ]
      const text = figures.map((figure) => figure && ` · ${figure}`).join('')
      if (!begun) bar?.start(total, done, { text })
      begun = true
      bar?.update(done, { text })
      const ended = done >= total && lines > 0
      if (bar || (now() - lastLine < quietSeconds * 1000 && !ended)) return
      ;[lastLine, lines] = [now(), lines + 1]
      say(`${what} ${done}/${total}${text}`)
    },
    say(line) {
      lastLine = now()
      say(line)
    },
    end: () => bar?.stop(),
  }
}

/** Shows the progress of one piece of work, and takes the bar away however it ends. */
export async function withProgress<Result>(
  what: string,
  work: (report: Report) => Promise<Result>,
  options?: ProgressOptions,
): Promise<Result> {
  const progress = openProgress(what, options)
  try {
    return await work(progress.at)
  } finally {
    progress.end()
  }
}

const rateText = (rate: number): string => (rate < 1 ? rate.toPrecision(2) : rate.toFixed(1))

function newBar(what: string, stream: NonNullable<ProgressOptions['stream']>): cliProgress.SingleBar {
  return new cliProgress.SingleBar({
    stream: withoutJumps(stream),
    format: `${what} {bar} {value}/{total}{text}`,
    barsize: 20,
    clearOnComplete: true,
    // Cursor and wrapping stay as they are: a process that a signal ends could not put them back.
    hideCursor: false,
    linewrap: true,
    // Signals are the command's: a training loop saves first.
    gracefulExit: false,
  })
}

/**
 * cli-progress keeps the place of the cursor and goes back there in the end; by then it is another line's place, where
 * lines were written above the bar.
 */
function withoutJumps(stream: NonNullable<ProgressOptions['stream']>): NodeJS.WriteStream {
  const jumps = ['\u001b7', '\u001b8']
  return {
    isTTY: stream.isTTY,
    get columns() {
      return stream.columns
    },
    write: (text: string) => jumps.includes(text) || stream.write(text),
  } as unknown as NodeJS.WriteStream
}
