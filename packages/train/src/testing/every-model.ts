import { features, initBackbone, mcmaeVariants, paperLora, stageWidths, vitVariants } from '@univ/backbone'
import { type CompiledProgram, type CompileOptions, compile } from '@univ/compile'
import { detectorVariants, initSegmenter, initStatistics, type SegmenterConfig } from '@univ/heads'
import { flattenTree, type HostArray, rng } from '@univ/nn'
import { compileRecipe } from '../compile-recipe'
import { type DetectionInput, detectRecipe } from '../detect/detect-recipe'
import { type MaeOptions, maeRecipe } from '../mae-recipe'
import { optimiserFeed } from '../optimiser-feed'
import { pretrainRecipe } from '../pretrain-recipe'
import type { BackboneWeights, Recipe } from '../recipe'
import { compileSegmenter } from '../segment/open-segmenter'
import { type SegmentInput, segmentRecipe } from '../segment/segment-recipe'

export type Numbers = Readonly<Record<string, HostArray>>

const [batch, size] = [2, 64]

export const tinyMcmae: BackboneWeights['config'] = {
  ...mcmaeVariants.tiny,
  image: size,
  widths: [16, 24, 32],
  depths: [1, 1, 2],
  decoder: { width: 16, depth: 1, heads: 2 },
}
export const tinyVit: BackboneWeights['config'] = {
  ...vitVariants['tiny/16'],
  image: size,
  width: 32,
  depth: 2,
  heads: 2,
  registers: 1,
  layerScale: true,
}
const upernet: SegmenterConfig = { head: 'upernet', classes: 3, channels: 8, auxiliaryChannels: 4 }
const maskRcnn = {
  ...detectorVariants.small,
  classes: 2,
  channels: 16,
  boxConvs: 1,
  boxWidth: 24,
  rpnSamples: 16,
  candidates: 30,
  proposals: 12,
  regionSamples: 8,
  maskConvs: 1,
}

const weightsOf = (config: BackboneWeights['config']): BackboneWeights => ({
  config,
  params: initBackbone(config, rng(3, 'weights')),
})

const pixels = (name: string): Float32Array => {
  const draw = rng(7, name)
  return Float32Array.from({ length: batch * size * size * 3 }, () => draw.normal())
}
const imagesOf = (name: string): HostArray => ({
  shape: [batch, size, size, 3],
  dtype: 'float32',
  data: pixels(name),
})
const pair = { rgb: pixels('rgb'), ir: pixels('ir') }

function scene(): SegmentInput {
  const draw = rng(7, 'labels')
  return {
    images: pixels('rgb'),
    labels: Int32Array.from({ length: batch * size * size }, (_, i) => (i % 13 === 0 ? 255 : draw.int(3))),
  }
}

/** One object in each image, whose left half is its mask. */
const objects: DetectionInput = {
  images: pixels('rgb'),
  boxes: Float32Array.of(4, 8, 30, 40, 0, 0, 0, 0, 20, 10, 60, 50, 0, 0, 0, 0),
  classes: Int32Array.of(0, 0, 1, 0),
  valid: Float32Array.of(1, 0, 1, 0),
  masks: Float32Array.from({ length: batch * 2 * (size / 2) ** 2 }, (_, i) => Number(i % (size / 2) < 12)),
}

async function encode(config: BackboneWeights['config'], options: CompileOptions): Promise<Numbers> {
  const { params } = weightsOf(config)
  const program = await compile(
    ({ inputs, constants }) => {
      const { tokens, attention } = features(inputs.images as never, constants, config)
      return { outputs: { tokens, attention } }
    },
    { inputs: { images: { shape: [batch, size, size, 3], dtype: 'float32' } }, constants: params },
    { engine: 'cpu', ...options },
  )
  const outputs = await program.run({ images: imagesOf('rgb') })
  await program.dispose()
  return outputs
}

async function segmentLogits(config: BackboneWeights['config'], options: CompileOptions): Promise<Numbers> {
  const model = weightsOf(config)
  const weights = initSegmenter(upernet, stageWidths(config), rng(3, 'head'))
  const segmenter = { model, head: upernet, weights, statistics: initStatistics(weights) }
  const program: CompiledProgram = await compileSegmenter(
    segmenter,
    { batch, side: size },
    { engine: 'cpu', ...options },
  )
  const outputs = await program.run({ images: imagesOf('rgb') })
  await program.dispose()
  return outputs
}

/** Loss, metrics and the whole state after two steps. */
async function train<Batch>(recipe: Recipe<Batch>, data: Batch, options: CompileOptions): Promise<Numbers> {
  // Adam divides by |gradient|: with its usual epsilon, rounding of a vanishing gradient (a key's bias) moves the weight.
  const optimiser = { clip: 0.5, epsilon: 1e-2 }
  const program = await compileRecipe(recipe, optimiser, { engine: 'cpu', ...options })
  let outputs: Numbers = {}
  for (let step = 0; step < 2; step++)
    outputs = await program.run({
      ...recipe.feed(data, step),
      ...optimiserFeed(step, { lr: 1e-3, weightDecay: 0.05 }, optimiser),
    })
  const state = flattenTree(await program.readState()) as Record<string, HostArray>
  await program.dispose()
  return { ...outputs, ...state }
}

const pretrain = (config: BackboneWeights['config'], lora: boolean) => {
  const weights = weightsOf(config)
  return pretrainRecipe({
    teacher: weights,
    student: weights,
    batch,
    size,
    seed: 7,
    lora: lora ? paperLora : undefined,
    logits: { scale: 10, bias: -6 },
  })
}

const segment = (config: BackboneWeights['config']) =>
  segmentRecipe({ model: weightsOf(config), head: upernet, encoder: 'full', batch, crop: size, seed: 7 })

const detect = (config: BackboneWeights['config']) =>
  detectRecipe({ model: weightsOf(config), detector: maskRcnn, batch, size: [size, size], slots: 2, seed: 7 })

/**
 * Every model that we offer, and every way in which it is trained, as small as they can be: options (engine `cpu` where none
 * is given) to numbers.
 */
export const everyModel: Readonly<Record<string, (options: CompileOptions) => Promise<Numbers>>> = {
  'MCMAE features': (options) => encode(tinyMcmae, options),
  'ViT features': (options) => encode(tinyVit, options),
  'the MCMAE step with LoRA': (options) => train(pretrain(tinyMcmae, true), pair, options),
  'the MCMAE step of every weight': (options) => train(pretrain(tinyMcmae, false), pair, options),
  'the ViT step with LoRA': (options) => train(pretrain(tinyVit, true), pair, options),
  'the ViT step of every weight': (options) => train(pretrain(tinyVit, false), pair, options),
  'the MAE step': (options) =>
    train(
      maeRecipe({ model: weightsOf(tinyMcmae) as MaeOptions['model'], batch, size, seed: 7 }),
      pair,
      options,
    ),
  "UPerNet's logits on MCMAE": (options) => segmentLogits(tinyMcmae, options),
  "UPerNet's step on MCMAE": (options) => train(segment(tinyMcmae), scene(), options),
  "UPerNet's step on ViT": (options) => train(segment(tinyVit), scene(), options),
  "Mask R-CNN's step on MCMAE": (options) => train(detect(tinyMcmae), objects, options),
  "Mask R-CNN's step on ViT": (options) => train(detect(tinyVit), objects, options),
}
