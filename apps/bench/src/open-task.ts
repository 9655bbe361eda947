import { type Features, initBackbone, mcmaeVariants, paperLora } from '@univ/backbone'
import type { CompiledProgram, CompileOptions } from '@univ/compile'
import { type HostArray, rng } from '@univ/nn'
import {
  type BackboneWeights,
  compileEncoder,
  compileRecipe,
  optimiserFeed,
  pretrainRecipe,
} from '@univ/train'
import { noise } from './noise'
import { openSegmentInfer, openSegmentStep } from './open-segmenter-task'
import { type TaskOptions, trainingPrecision } from './options'

/** A program with inputs to run it on. */
export interface OpenTask {
  readonly program: CompiledProgram
  /** The inputs of run number `index`. */
  feed(index: number): Record<string, HostArray>
  /** The output whose first number is shown as `value`. */
  readonly shown: string
}

/** Compiles what the task measures: the programs of `univ-eval` and `univ-train`, over random weights. */
export function openTask(
  weights: BackboneWeights,
  options: TaskOptions,
  profile?: string,
): Promise<OpenTask> {
  const { engine, threads, without, count, cache, precision, recompute } = options
  const compiled: CompileOptions = {
    engine,
    threads,
    without,
    profile,
    cache,
    precision,
    lazy: count,
    recompute: recompute ? 'loss' : undefined,
  }
  return openers[options.task](weights, options, compiled)
}

/** Random weights; the positions stand for the image size, as a model of that size has them. */
export function drawWeights({ model, size }: Pick<TaskOptions, 'model' | 'size'>): BackboneWeights {
  const config = { ...mcmaeVariants[model], image: size, decoder: undefined }
  return { config, params: initBackbone(config, rng(7, 'bench')) }
}

async function openInfer(
  weights: BackboneWeights,
  { batch, size }: TaskOptions,
  options: CompileOptions,
): Promise<OpenTask> {
  const images = noise(batch, size, 'rgb')
  const wanted = { tokens: (seen: Features) => seen.tokens, attention: (seen: Features) => seen.attention }
  const program = await compileEncoder(weights, { size: [size, size], batch, wanted }, options)
  return { program, feed: () => ({ images }), shown: 'tokens' }
}

/** The authors' step: LoRA (or every weight), labels from the last attention, clipping at norm 3 per tensor, AdamW. */
async function openStep(
  weights: BackboneWeights,
  { batch, size, full, precision }: TaskOptions,
  options: CompileOptions,
): Promise<OpenTask> {
  const optimiser = { clip: 3, precision: trainingPrecision(precision) }
  const recipe = pretrainRecipe({
    teacher: weights,
    student: weights,
    batch,
    size,
    seed: 7,
    lora: full ? undefined : paperLora,
  })
  const pairs = {
    rgb: noise(batch, size, 'rgb').data as Float32Array,
    ir: noise(batch, size, 'ir').data as Float32Array,
  }
  return {
    program: await compileRecipe(recipe, optimiser, options),
    feed: (step) => ({
      ...recipe.feed(pairs, step),
      ...optimiserFeed(step, { lr: 1e-4, weightDecay: 0.05 }, optimiser),
    }),
    shown: 'loss',
  }
}

const openers = {
  infer: openInfer,
  step: openStep,
  'seg-infer': openSegmentInfer,
  'seg-step': openSegmentStep,
} as const satisfies Record<TaskOptions['task'], unknown>
