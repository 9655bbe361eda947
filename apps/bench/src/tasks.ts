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
import { type TaskOptions, trainingPrecision } from './options'
import { segmentInference, segmentStep } from './segmenter-tasks'

/** A program of `univ-eval` or `univ-train` over random weights, with inputs to run it on. */
export interface Task {
  compile(options: CompileOptions): Promise<CompiledProgram>
  /** The inputs of run number `index`. */
  feed(index: number): Record<string, HostArray>
  /** The output whose first number is shown as `value`. */
  readonly shown: string
}

/** Draws what the task measures: weights, and for training their recipe. */
export const drawTask = (options: TaskOptions): Task => tasks[options.task](drawWeights(options), options)

/** How the task's program is compiled. */
export function compileOptions(
  { engine, threads, without, count, cache, precision, recompute }: TaskOptions,
  profile?: string,
): CompileOptions {
  const loss = recompute ? 'loss' : undefined
  return { engine, threads, without, profile, cache, precision, lazy: count, recompute: loss }
}

/** Random weights; the positions stand for the image size, as a model of that size has them. */
function drawWeights({ model, size }: Pick<TaskOptions, 'model' | 'size'>): BackboneWeights {
  const config = { ...mcmaeVariants[model], image: size, decoder: undefined }
  return { config, params: initBackbone(config, rng(7, 'bench')) }
}

function inference(weights: BackboneWeights, { batch, size }: TaskOptions): Task {
  const images = noise(batch, size, 'rgb')
  const wanted = { tokens: (seen: Features) => seen.tokens, attention: (seen: Features) => seen.attention }
  return {
    compile: (options) => compileEncoder(weights, { size: [size, size], batch, wanted }, options),
    feed: () => ({ images }),
    shown: 'tokens',
  }
}

/** The authors' step: LoRA (or every weight), labels from the last attention, clipping at norm 3 per tensor, AdamW. */
function step(weights: BackboneWeights, { batch, size, full, precision }: TaskOptions): Task {
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
    compile: (options) => compileRecipe(recipe, optimiser, options),
    feed: (index) => ({
      ...recipe.feed(pairs, index),
      ...optimiserFeed(index, { lr: 1e-4, weightDecay: 0.05 }, optimiser),
    }),
    shown: 'loss',
  }
}

const tasks = {
  infer: inference,
  step,
  'seg-infer': segmentInference,
  'seg-step': segmentStep,
} as const satisfies Record<TaskOptions['task'], unknown>
