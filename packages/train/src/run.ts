import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { saveBackbone } from '@univ/backbone'
import { writeSafetensors } from '@univ/checkpoint'
import type { CompiledProgram, EngineName } from '@univ/compile'
import { lockFolder } from '@univ/mvip'
import type { HostArray, Tree } from '@univ/nn'
import { compileRecipe } from './compile-recipe'
import { extrasFile } from './extras-file'
import { type BatchSource, fit, type NamedBatch, type Schedules, type StepReport } from './fit'
import { checkSameMaterial, type Material } from './material'
import { openMetricsLog } from './metrics-log'
import type { Weights } from './objective'
import type { Recipe } from './recipe'
import { loadTrainState, type Position, restoreState, saveTrainState, startPosition } from './train-state'
import { initialState, type TrainingState } from './training-state'
import type { OptimiserOptions } from './update-group'

/** What a run tells while it goes on. */
export interface RunListener {
  onStart?(run: {
    readonly engine: string
    readonly notes: readonly string[]
    readonly from: Position
    readonly trained: number
  }): void
  onStep?(report: StepReport): void
  onEpoch?(epoch: number, means: Readonly<Record<string, number>>): void
  onSave?(path: string): void
}

export interface RunOptions<Batch extends NamedBatch> {
  readonly recipe: Recipe<NoInfer<Batch>>
  readonly source: BatchSource<Batch>
  readonly optimiser: OptimiserOptions
  readonly schedules: Schedules
  readonly epochs: number
  /** Folder for checkpoints and logs; made where it is missing. */
  readonly out: string
  /** Go on from `last.state.safetensors` in `out`. */
  readonly resume?: boolean
  /** Stored with the state; a run is resumed only with an equal one. */
  readonly config: unknown
  /** What the configuration names and does not hold; stored and compared as it is. */
  readonly material?: Material
  readonly engine?: EngineName
  readonly threads?: number
  /** Compute activations again for the gradients instead of keeping them. Default false. */
  readonly recompute?: boolean
  /** Keep a checkpoint every so many epochs beside `last`. Default: none. */
  readonly saveEvery?: number
  /** Batches between two lines of the log. Default 10. */
  readonly logEvery?: number
  /** Held-out figures after an epoch; logged beside its means. */
  readonly validate?: (
    weights: Weights<HostArray>,
    epoch: number,
    statistics: Weights<HostArray>,
  ) => Promise<Readonly<Record<string, number>>>
  readonly shouldStop?: () => boolean
  readonly listener?: RunListener
}

/** How a run ended. */
export interface RunResult {
  readonly position: Position
  readonly finished: boolean
  /** The encoder, in torch's names, for `loadBackbone`. */
  readonly backbone: string
  /** Means and held-out figures of the last epoch that was completed here. */
  readonly last: Readonly<Record<string, number>>
}

/**
 * Compiles the recipe, trains, logs and saves.
 * @throws Error, before anything is computed, where `out` cannot be written or another process runs there.
 */
export async function run<Batch extends NamedBatch>(options: RunOptions<Batch>): Promise<RunResult> {
  // Two in one folder would mix their logs and take each other's state for their own.
  const unlock = await lockFolder(options.out)
  try {
    return await runInFolder(options)
  } finally {
    await unlock()
  }
}

async function runInFolder<Batch extends NamedBatch>(options: RunOptions<Batch>): Promise<RunResult> {
  const { recipe, optimiser, out, listener, epochs, logEvery = 10, saveEvery } = options
  const fresh = initialState(recipe.weights, optimiser.accumulate, recipe.statistics)
  const saved = options.resume ? await loadTrainState(statePath(out, 'last')) : undefined
  if (saved) checkSameConfig(saved.config, options.config)
  if (saved?.material && options.material) checkSameMaterial(saved.material, options.material)
  const from = saved?.position ?? startPosition
  const program = await compileRecipe(
    recipe,
    optimiser,
    {
      engine: options.engine,
      threads: options.threads,
      recompute: options.recompute ? 'loss' : undefined,
    },
    saved ? (restoreState(fresh as never, saved) as never) : fresh,
  )
  const log = openMetricsLog(out, from.step)
  const save = async (name: string, position: Position) => {
    await saveRun(out, name, recipe, program, position, options)
    listener?.onSave?.(backbonePath(out, name))
  }
  let last: Record<string, number> = {}
  try {
    const trained = Object.values(recipe.weights).reduce((sum, { data }) => sum + data.length, 0)
    listener?.onStart?.({ engine: program.engine, notes: program.notes, from, trained })
    const position = await fit({
      ...options,
      program,
      from,
      onStep(report) {
        if (report.position.step % logEvery === 0 || report.position.step === 1)
          log.write('step', report.position, report.values)
        listener?.onStep?.(report)
      },
      async onEpoch(epoch, means, next) {
        const checked = await validated(options.validate, program, epoch)
        last = { ...means, ...checked }
        log.write('epoch', { step: next.step, epoch }, last)
        listener?.onEpoch?.(epoch, last)
        if (saveEvery && next.epoch % saveEvery === 0 && next.epoch < epochs)
          await save(epochName(next.epoch), next)
        await save('last', next)
      },
    })
    if (position.batch > 0) await save('last', position)
    return { position, finished: position.epoch >= epochs, backbone: backbonePath(out, 'last'), last }
  } finally {
    await program.dispose()
  }
}

/** Whether `out` holds a run that `resume` can take up. */
export function hasSavedRun(out: string): boolean {
  return existsSync(statePath(out, 'last'))
}

const epochName = (epoch: number) => `epoch-${String(epoch).padStart(4, '0')}`
const backbonePath = (out: string, name: string) => join(out, `${name}.safetensors`)
const statePath = (out: string, name: string) => join(out, `${name}.state.safetensors`)

function partsOf(state: Tree<HostArray>) {
  const { weights, statistics = {} } = state as unknown as TrainingState<HostArray>
  return { weights, statistics }
}

async function validated(
  validate: RunOptions<never>['validate'],
  program: CompiledProgram,
  epoch: number,
): Promise<Readonly<Record<string, number>>> {
  if (!validate) return {} // the state is not copied for nothing
  const { weights, statistics } = partsOf(await program.readState())
  return validate(weights, epoch, statistics)
}

/** The backbone first: should the machine stop in between, the state still leads on from the older position. */
async function saveRun(
  out: string,
  name: string,
  recipe: Pick<Recipe<never>, 'backbone' | 'extras' | 'extrasMetadata'>,
  program: CompiledProgram,
  position: Position,
  { config, material }: Pick<RunOptions<never>, 'config' | 'material'>,
): Promise<void> {
  const state = await program.readState()
  const { weights, statistics } = partsOf(state)
  const { params, config: model } = recipe.backbone(weights)
  await saveBackbone(backbonePath(out, name), params, model, { epoch: `${position.epoch}` })
  const extras = recipe.extras?.(weights, statistics)
  if (extras)
    await writeSafetensors(extrasFile(backbonePath(out, name)), extras as never, recipe.extrasMetadata)
  await saveTrainState(statePath(out, name), state, position, config, material)
}

/** @throws Error naming the first entries that differ. */
function checkSameConfig(saved: unknown, given: unknown): void {
  const [before, now] = [flatConfig(saved), flatConfig(JSON.parse(JSON.stringify(given)))]
  const changed = [...new Set([...before.keys(), ...now.keys()])].filter(
    (key) => before.get(key) !== now.get(key),
  )
  if (changed.length === 0) return
  const list = changed.slice(0, 5).map((key) => `${key} was ${before.get(key)}, is ${now.get(key)}`)
  throw new Error(`resume: the configuration differs from the saved run's: ${list.join('; ')}`)
}

function flatConfig(value: unknown, path = '', into = new Map<string, string>()): Map<string, string> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    for (const [key, item] of Object.entries(value)) flatConfig(item, path ? `${path}.${key}` : key, into)
  else into.set(path, JSON.stringify(value))
  return into
}
