import type { RunListener, StepReport } from '@univ/train'
import cliProgress from 'cli-progress'

export interface ProgressOptions {
  readonly epochs: number
  readonly batchesPerEpoch: number
  /** Images or pairs in a batch, and their name. */
  readonly batch: number
  readonly unit: string
  /** Output; default standard output. A bar is drawn where it is a terminal. */
  readonly stream?: NodeJS.WriteStream
}

/** Seconds between two lines where no bar is drawn. */
const quietSeconds = 20

/** Shows a run: a bar with rate and time left on a terminal, plain lines elsewhere. */
export function progress(options: ProgressOptions): RunListener & { end(): void } {
  const { epochs, batchesPerEpoch, batch, unit, stream = process.stdout } = options
  const total = epochs * batchesPerEpoch
  const bar = stream.isTTY ? newBar(stream) : undefined
  const say = (line: string) => void stream.write(bar ? `\r\u001b[K${line}\n` : `${line}\n`)
  let started = 0
  let doneBefore = 0
  let lastLine = 0

  /** Rate over this process's steps, and the time left at that rate. */
  const pace = (step: number) => {
    const seconds = (performance.now() - started) / 1000
    const done = step - doneBefore
    const perSecond = seconds > 0 ? (done * batch) / seconds : 0
    return {
      rate: perSecond.toFixed(1),
      left: duration(done > 0 ? ((total - step) * seconds) / done : Number.NaN),
    }
  }

  return {
    onStart({ engine, notes, from, trained }) {
      for (const note of notes) say(`engine: passed over ${note}`)
      say(
        `engine ${engine}; ${trained.toLocaleString('en')} trained parameters; ${epochs} epochs of ${batchesPerEpoch} batches`,
      )
      if (from.step > 0) say(`resumed at epoch ${from.epoch + 1}, batch ${from.batch}`)
      started = performance.now()
      lastLine = started
      doneBefore = from.step
      bar?.start(total, from.step, { epoch: from.epoch + 1, epochs, rate: '–', unit, left: '–', loss: '–' })
    },
    onStep({ position, values }: StepReport) {
      const { rate, left } = pace(position.step)
      const loss = (values.loss ?? Number.NaN).toFixed(4)
      bar?.update(position.step, { epoch: position.epoch + 1, epochs, rate, unit, left, loss })
      const now = performance.now()
      if (bar || now - lastLine < quietSeconds * 1000) return
      lastLine = now
      say(
        `epoch ${position.epoch + 1}/${epochs}  batch ${position.batch}/${batchesPerEpoch}  loss ${loss}  ${rate} ${unit}/s  ${left} left`,
      )
    },
    onEpoch(epoch, means) {
      const figures = Object.entries(means).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`)
      const { rate, left } = pace((epoch + 1) * batchesPerEpoch)
      say(`epoch ${epoch + 1}/${epochs}  ${figures.join('  ')}  ${rate} ${unit}/s  ${left} left`)
      lastLine = performance.now()
    },
    end: () => bar?.stop(),
  }
}

function newBar(stream: NodeJS.WriteStream): cliProgress.SingleBar {
  return new cliProgress.SingleBar({
    stream,
    hideCursor: true,
    format: 'epoch {epoch}/{epochs} {bar} {percentage}%  loss {loss}  {rate} {unit}/s  {left} left',
    // Signals are the training loop's: it saves first.
    gracefulExit: false,
    noTTYOutput: false,
  })
}

/** `1 h 05 min`, `3 min 20 s`, `12 s`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–'
  const whole = Math.round(seconds)
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  if (hours > 0) return `${hours} h ${String(minutes).padStart(2, '0')} min`
  return minutes > 0 ? `${minutes} min ${String(rest).padStart(2, '0')} s` : `${rest} s`
}
