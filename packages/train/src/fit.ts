import { setImmediate } from 'node:timers/promises'
import type { CompiledProgram } from '@univ/compile'
import type { HostArray } from '@univ/nn'
import { firstLossScale, nextLossScale } from './loss-scale'
import { optimiserFeed } from './optimiser-feed'
import type { Recipe } from './recipe'
import type { Schedule } from './schedules'
import type { Position } from './train-state'
import type { OptimiserOptions } from './update-group'

/** Where batches come from: the same ones for the same epoch and index, so that a run can start anywhere. */
export interface BatchSource<Batch> {
  readonly batchesPerEpoch: number
  batches(epoch: number, from: number): AsyncIterable<Batch>
}

/** A batch that can be named in an error. */
export interface NamedBatch {
  readonly index: number
  readonly ids: readonly string[]
}

export interface Schedules {
  readonly lr: Schedule
  readonly weightDecay: Schedule
}

/** What was measured on one batch. */
export interface StepReport {
  /** The position after the batch. */
  readonly position: Position
  readonly values: Readonly<Record<string, number>>
  readonly milliseconds: number
}

export interface FitOptions<Batch extends NamedBatch> {
  readonly recipe: Pick<Recipe<NoInfer<Batch>>, 'feed'>
  readonly source: BatchSource<Batch>
  /** A `trainingProgram` on an engine. */
  readonly program: CompiledProgram
  readonly optimiser: OptimiserOptions
  readonly schedules: Schedules
  readonly epochs: number
  readonly from: Position
  /** Asked after every step. */
  readonly shouldStop?: () => boolean
  readonly onStep?: (report: StepReport) => void
  /** After an epoch; `means` are over its batches. `next` is where the run goes on. */
  readonly onEpoch?: (epoch: number, means: Readonly<Record<string, number>>, next: Position) => Promise<void>
}

/** The loss or a gradient is no longer a number. */
export class NonFiniteError extends Error {
  override readonly name = 'NonFiniteError'
  constructor(
    readonly ids: readonly string[],
    message: string,
  ) {
    super(message)
  }
}

/** Trains to the last epoch, or until asked to stop. @returns where it stands */
export async function fit<Batch extends NamedBatch>(options: FitOptions<Batch>): Promise<Position> {
  const { recipe, source, program, optimiser, schedules, epochs, shouldStop, onStep, onEpoch } = options
  let position = options.from
  while (position.epoch < epochs) {
    for await (const batch of source.batches(position.epoch, position.batch)) {
      const started = performance.now()
      const update = Math.floor(position.step / (optimiser.accumulate ?? 1))
      const lossScale = optimiser.precision === 'float16' ? (position.lossScale ?? firstLossScale) : undefined
      const rates = { lr: schedules.lr(update), weightDecay: schedules.weightDecay(update) }
      const outputs = await program.run({
        ...recipe.feed(batch, position.step),
        ...optimiserFeed(position.step, rates, optimiser, lossScale),
      })
      const measured = scalars(outputs)
      checkFinite(measured, batch, position)
      position = {
        epoch: position.epoch,
        batch: batch.index + 1,
        step: position.step + 1,
        sums: added(position.sums, measured),
        ...(lossScale ? { lossScale: nextLossScale(lossScale, measured.overflow === 1) } : {}),
      }
      const values = { ...measured, ...rates, ...(lossScale ? { lossScale: lossScale.scale } : {}) }
      onStep?.({ position, values, milliseconds: performance.now() - started })
      // ONNX Runtime computes on this thread: signals, timers and the loader's messages wait for this moment.
      await setImmediate()
      if (shouldStop?.()) return position
    }
    const means = Object.fromEntries(
      Object.entries(position.sums).map(([name, sum]) => [name, sum / Math.max(1, position.batch)]),
    )
    position = { ...position, epoch: position.epoch + 1, batch: 0, sums: {} }
    await onEpoch?.(position.epoch - 1, means, position)
    if (shouldStop?.()) return position
  }
  return position
}

function scalars(outputs: Readonly<Record<string, HostArray>>): Record<string, number> {
  return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, Number(data[0])]))
}

function added(
  sums: Readonly<Record<string, number>>,
  values: Readonly<Record<string, number>>,
): Record<string, number> {
  // The gradient's norm of a batch that overflowed is no number.
  const counted = (value: number) => (Number.isFinite(value) ? value : 0)
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, (sums[name] ?? 0) + counted(value)]),
  )
}

function checkFinite(
  values: Readonly<Record<string, number>>,
  { ids, index }: NamedBatch,
  { epoch, lossScale }: Position,
): void {
  // An overflow is answered by a smaller scale, as long as there is one to go down to.
  const scaled = values.overflow === 1 && (lossScale ?? firstLossScale).scale > 1
  const bad = ['loss', ...(scaled ? [] : ['gradNorm'])].filter((name) => !Number.isFinite(values[name]))
  if (bad.length === 0) return
  throw new NonFiniteError(
    ids,
    `${bad.map((name) => `${name} is ${values[name]}`).join(', ')} in epoch ${epoch}, batch ${index} (${ids.join(', ')}); ` +
      'the run stops, and nothing of this batch is saved',
  )
}
