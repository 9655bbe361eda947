import { availableParallelism } from 'node:os'
import { z } from 'zod'
import type { TaskOptions } from './options'
import { ownPace, type Pace } from './pace'
import { compileOptions, drawTask } from './tasks'

/** One measurement; names as in the PyTorch peer's JSON. */
export interface Measurement {
  readonly task: string
  readonly model: string
  readonly batch: number
  readonly size: number
  readonly full: boolean
  readonly engine: string
  readonly threads: number
  readonly runs: number
  /** Median milliseconds of a run. */
  readonly ms: number
  /** Images, or pairs of a step. */
  readonly per_second: number
  readonly peak_rss_mb: number
  /** From the program's description to the engine that is ready to run it: tracing, passes, the engine's own work. */
  readonly ready_ms: number
  /** The same to the end of the first run. */
  readonly first_step_ms: number
  /** First number of the result: shows that something was computed. */
  readonly value: number
  readonly versions: Readonly<Record<string, string>>
}

/** What the peer's JSON and ours have in common. */
export const measuredResult = z.looseObject({
  ms: z.number(),
  per_second: z.number(),
  peak_rss_mb: z.number(),
})

export type MeasuredResult = z.infer<typeof measuredResult>

export interface MeasureOptions {
  /** Path prefix of the engine's profile; default none is written. */
  readonly profile?: string
  /** When the measured runs begin; default one after another. */
  readonly pace?: Pace
}

/** Runs the task in this process; peak memory is the process's, so it measures one task only. */
export async function measure(
  options: TaskOptions,
  { profile, pace = ownPace }: MeasureOptions = {},
): Promise<Measurement> {
  const { compile, feed, shown } = drawTask(options)
  const started = performance.now()
  const program = await compile(compileOptions(options, profile))
  const ready = performance.now() - started
  const run = async (index: number) => {
    const inputs = feed(index)
    const before = performance.now()
    const outputs = await program.run(inputs)
    const value = outputs[shown]!.data[0]!
    return { value, ms: performance.now() - before }
  }
  let { value } = await run(0)
  const firstStep = performance.now() - started
  const warmUps = options['warm-ups']
  for (let i = 1; i < warmUps; i++) await run(i)
  const times: number[] = []
  for (let i = 0; i < options.runs; i++) {
    await pace.next()
    const result = await run(warmUps + i)
    times.push(result.ms)
    pace.ran(result.ms)
    value = result.value
  }
  pace.end()
  const peak = process.resourceUsage().maxRSS / 1024
  const engine = program.engine
  await program.dispose()
  if (!Number.isFinite(value)) throw new Error(`${options.task}: the result is ${value}`)
  const ms = median(times)
  const { task, model, batch, size, full, runs } = options
  return {
    task,
    model,
    batch,
    size,
    full,
    engine,
    threads: options.threads ?? availableParallelism(),
    runs,
    ms: round(ms, 2),
    per_second: round((batch * 1000) / ms, 3),
    peak_rss_mb: Math.round(peak),
    ready_ms: Math.round(ready),
    first_step_ms: Math.round(firstStep),
    value,
    versions: { node: process.versions.node },
  }
}

/** The middle one, or the upper of the two middle ones, as the peer takes it. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}

export const round = (value: number, digits: number): number => Number(value.toFixed(digits))
