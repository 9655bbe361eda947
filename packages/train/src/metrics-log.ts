import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openEventFile } from './event-file'

/** Numbers of a run: one JSON object a line in `metrics.jsonl`, and TensorBoard scalars `step/…`, `epoch/…`. */
export interface MetricsLog {
  write(
    kind: 'step' | 'epoch',
    at: { readonly step: number; readonly epoch: number },
    values: Readonly<Record<string, number>>,
  ): void
}

/**
 * Opens the log of a run.
 * @param from Batches that the run has done already: later lines, which a run that was cut left behind, are dropped.
 */
export function openMetricsLog(folder: string, from: number): MetricsLog {
  const events = openEventFile(folder) // makes the folder, too
  const path = join(folder, 'metrics.jsonl')
  writeFileSync(path, from > 0 && existsSync(path) ? linesUpTo(readFileSync(path, 'utf8'), from) : '')
  return {
    write(kind, { step, epoch }, values) {
      appendFileSync(path, `${JSON.stringify({ kind, step, epoch, ...values })}\n`)
      events.write(
        step,
        Object.fromEntries(Object.entries(values).map(([name, value]) => [`${kind}/${name}`, value])),
      )
    },
  }
}

function linesUpTo(text: string, last: number): string {
  const kept = text.split('\n').filter((line) => {
    const step = /"step":(\d+)/.exec(line)?.[1]
    // A line without its closing brace was being written when the machine stopped.
    return step !== undefined && Number(step) <= last && line.endsWith('}')
  })
  return kept.map((line) => `${line}\n`).join('')
}
