import { features, initBackbone, mcmaeVariants, paperLora, vitVariants } from '@univ/backbone'
import {
  type CompiledProgram,
  type CompileOptions,
  compile,
  countWork,
  type PassName,
  passes,
} from '@univ/compile'
import { flattenTree, type HostArray, rng } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { compileRecipe } from './compile-recipe'
import { type MaeOptions, maeRecipe } from './mae-recipe'
import { optimiserFeed } from './optimiser-feed'
import { pretrainRecipe } from './pretrain-recipe'
import type { BackboneWeights, Recipe } from './recipe'

const all = Object.keys(passes) as PassName[]
const [batch, size] = [2, 64]
const pixels = (name: string): Float32Array => {
  const draw = rng(7, name)
  return Float32Array.from({ length: batch * size * size * 3 }, () => draw.normal())
}
const mcmae: BackboneWeights['config'] = {
  ...mcmaeVariants.tiny,
  image: size,
  widths: [16, 24, 32],
  depths: [1, 1, 2],
  decoder: { width: 16, depth: 1, heads: 2 },
}
const vit: BackboneWeights['config'] = {
  ...vitVariants['tiny/16'],
  image: size,
  width: 32,
  depth: 2,
  heads: 2,
  registers: 1,
  layerScale: true,
}
const weightsOf = (config: BackboneWeights['config']): BackboneWeights => ({
  config,
  params: initBackbone(config, rng(3, 'weights')),
})

type Numbers = Readonly<Record<string, HostArray>>
type Open = (options: CompileOptions) => Promise<CompiledProgram>

async function encode(config: BackboneWeights['config'], options: CompileOptions): Promise<Numbers> {
  const { params } = weightsOf(config)
  const program = await compile(
    ({ inputs, constants }) => {
      const { tokens, attention } = features(inputs.images as never, constants, config)
      return { outputs: { tokens, attention } }
    },
    { inputs: { images: { shape: [batch, size, size, 3], dtype: 'float32' } }, constants: params },
    { ...options, engine: 'cpu' },
  )
  const images: HostArray = { shape: [batch, size, size, 3], dtype: 'float32', data: pixels('rgb') }
  const outputs = await program.run({ images })
  await program.dispose()
  return outputs
}

/** Loss, metrics and the whole state after two steps. */
async function train<Batch>(recipe: Recipe<Batch>, data: Batch, options: CompileOptions): Promise<Numbers> {
  // Adam divides by |gradient|: with its usual epsilon, rounding of a vanishing gradient (a key's bias) moves the weight.
  const optimiser = { clip: 0.5, epsilon: 1e-2 }
  const open: Open = (given) => compileRecipe(recipe, optimiser, given)
  const program = await open({ ...options, engine: 'cpu' })
  let outputs: Numbers = {}
  for (let step = 0; step < 2; step++)
    outputs = await program.run({
      ...recipe.feed(data, step),
      ...optimiserFeed(step, { lr: 1e-3, weightDecay: 0.05 }, optimiser),
    })
  const state = flattenTree(program.readState()) as Record<string, HostArray>
  await program.dispose()
  return { ...outputs, ...state }
}

const pair = { rgb: pixels('rgb'), ir: pixels('ir') }
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

const models: Readonly<Record<string, (options: CompileOptions) => Promise<Numbers>>> = {
  'MCMAE features': (options) => encode(mcmae, options),
  'ViT features': (options) => encode(vit, options),
  'the MCMAE step with LoRA': (options) => train(pretrain(mcmae, true), pair, options),
  'the MCMAE step of every weight': (options) => train(pretrain(mcmae, false), pair, options),
  'the ViT step with LoRA': (options) => train(pretrain(vit, true), pair, options),
  'the ViT step of every weight': (options) => train(pretrain(vit, false), pair, options),
  'the MAE step': (options) =>
    train(maeRecipe({ model: weightsOf(mcmae) as MaeOptions['model'], batch, size, seed: 7 }), pair, options),
}

function expectEqual(ours: Numbers, plain: Numbers): void {
  expect(Object.keys(ours)).toEqual(Object.keys(plain))
  for (const [name, { data }] of Object.entries(plain)) {
    let largest = 0
    for (let i = 0; i < data.length; i++)
      largest = Math.max(largest, Math.abs(data[i]! - ours[name]!.data[i]!))
    let scale = 1
    for (const value of data) scale = Math.max(scale, Math.abs(value))
    expect(largest / scale, name).toBeLessThan(2e-5)
  }
}

describe('all graph passes together', () => {
  for (const [name, run] of Object.entries(models))
    it(`leave the numbers of ${name} as they are`, async () => {
      expectEqual(await run({}), await run({ without: all }))
    })
})

describe('recomputing activations', () => {
  const trained = Object.keys(models).filter((name) => name.includes('step'))
  for (const name of trained)
    it(`leaves the numbers of ${name} as they are`, async () => {
      const run = models[name]!
      expectEqual(await run({ recompute: 'loss' }), await run({}))
    })

  it('keeps less than half of the step with LoRA, and computes nothing more than twice', async () => {
    const work = async (options: CompileOptions) => {
      const weights = weightsOf({ ...vit, image: 224, depth: 8 })
      const recipe = pretrainRecipe({
        teacher: weights,
        student: weights,
        batch,
        size: 224,
        seed: 7,
        lora: paperLora,
      })
      const program = await compileRecipe(recipe, {}, { engine: 'cpu', lazy: true, ...options })
      const graph = await program.graph()
      await program.dispose()
      return countWork(graph)
    }
    const [kept, again] = [await work({}), await work({ recompute: 'loss' })]
    expect(again.peakBytes).toBeLessThan(kept.peakBytes / 2)
    expect(again.flops).toBeGreaterThan(kept.flops)
    expect(again.flops).toBeLessThan(kept.flops * 1.34)
  })

  it('is refused where the forward part has no such end', async () => {
    await expect(encode(vit, { recompute: 'loss' })).rejects.toThrow("no computed output 'loss'")
  })
})

describe('each graph pass alone', () => {
  for (const pass of all)
    it(`${pass} leaves the step with LoRA as it is`, async () => {
      const run = models['the MCMAE step with LoRA']!
      expectEqual(await run({ without: all.filter((name) => name !== pass) }), await run({ without: all }))
    })
})
