import { readFileSync } from 'node:fs'
import { layerChart } from '@univ/report'

/** Held-out mIoU along a run, from its `metrics.jsonl`. @throws Error naming a file that is none. */
export function readCurve(file: string): {
  readonly steps: readonly number[]
  readonly series: Readonly<Record<string, readonly (number | undefined)[]>>
} {
  let lines: Record<string, unknown>[]
  try {
    const text = readFileSync(file, 'utf8').split('\n')
    lines = text.filter((line) => line.trim() !== '').map((line) => JSON.parse(line))
  } catch (error) {
    throw new Error(`--log ${file}: not a metrics.jsonl of univ-train (${(error as Error).message})`)
  }
  const epochs = lines.filter((line) => line.kind === 'epoch' && typeof line.step === 'number')
  const names = [...new Set(epochs.flatMap((line) => Object.keys(line)))].filter((name) =>
    /(^|\.)mIoU$/.test(name),
  )
  const value = (item: unknown) => (typeof item === 'number' ? item : undefined)
  return {
    steps: epochs.map(({ step }) => step as number),
    series: Object.fromEntries(
      names.map((name) => [name.replace(/\.mIoU$/, ''), epochs.map((line) => value(line[name]))]),
    ),
  }
}

/** The curve as SVG; nothing where the run was never validated. */
export function trainingCurve(file: string): string | undefined {
  const { steps, series } = readCurve(file)
  if (Object.keys(series).length === 0) return undefined
  return layerChart('held-out mIoU by batches trained on', steps, series, { label: (step) => `${step}` })
}
