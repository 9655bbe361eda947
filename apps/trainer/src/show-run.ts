import { counted, openProgress } from '@univ/command-line'
import type { RunListener, StepReport } from '@univ/train'

export interface ShownRun {
  readonly epochs: number
  readonly batchesPerEpoch: number
  /** Images or pairs in a batch, and their name. */
  readonly batch: number
  readonly unit: string
}

/** Shows a run on standard error: its progress, and the figures of every epoch. */
export function showRun({ epochs, batchesPerEpoch, batch, unit }: ShownRun): RunListener & { end(): void } {
  const total = epochs * batchesPerEpoch
  const progress = openProgress('training: batch', { unit, each: batch })
  return {
    onStart({ engine, notes, from, trained }) {
      for (const note of notes) progress.say(`engine: passed over ${note}`)
      progress.say(
        `engine ${engine}; ${trained.toLocaleString('en')} trained parameters; ` +
          `${counted(epochs, 'epoch')} of ${counted(batchesPerEpoch, 'batch', 'batches')}; ` +
          `ready ${(performance.now() / 1000).toFixed(1)} s after the start`, // of the process
      )
      if (from.step > 0) progress.say(`resumed at epoch ${from.epoch + 1}, batch ${from.batch}`)
      progress.at(from.step, total)
    },
    onStep({ position, values }: StepReport) {
      const loss = (values.loss ?? Number.NaN).toFixed(4)
      progress.at(position.step, total, `epoch ${position.epoch + 1}/${epochs}, loss ${loss}`)
    },
    onEpoch(epoch, means) {
      const figures = Object.entries(means).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`)
      progress.say(`epoch ${epoch + 1}/${epochs}  ${figures.join('  ')}`)
    },
    end: progress.end,
  }
}
