import * as tf from '@tensorflow/tfjs-core'
import { initBackbone, mcmaeVariants, paperLora } from '@univ/backbone'
import { compile } from '@univ/compile'
import { flattenTree, type HostArray, rng } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { labelCheck, labelFeed, labelInputs, labelRecipe } from './label-recipe'
import { maeRecipe } from './mae-recipe'
import { optimiserFeed, optimiserInputs } from './optimiser-feed'
import { type PretrainOptions, pretrainRecipe } from './pretrain-recipe'
import type { Recipe } from './recipe'
import { trainingProgram } from './training-program'
import { initialState, type TrainingState } from './training-state'

const config = {
  ...mcmaeVariants.tiny,
  image: 64,
  widths: [16, 24, 32],
  depths: [1, 1, 1],
  decoder: { width: 16, depth: 1, heads: 2 },
} as const
const [batch, size] = [2, 64]
const pixels = (name: string) => {
  const draw = rng(7, name)
  return Float32Array.from({ length: batch * size * size * 3 }, () => draw.normal())
}
const pair = { rgb: pixels('rgb'), ir: pixels('ir') }

async function steps<Batch>(recipe: Recipe<Batch>, input: Batch, count: number, lr = 1e-3) {
  const program = await compile(
    trainingProgram(recipe.objective, { clip: 3 }),
    {
      inputs: { ...recipe.inputs, ...optimiserInputs() },
      constants: recipe.constants,
      state: initialState(recipe.weights) as never,
    },
    { engine: 'cpu' },
  )
  const outputs: Record<string, number>[] = []
  for (let step = 0; step < count; step++) {
    const result = await program.run({
      ...recipe.feed(input, 0),
      ...optimiserFeed(step, { lr, weightDecay: 0.05 }),
    })
    outputs.push(
      Object.fromEntries(Object.entries(result).map(([name, { data }]) => [name, Number(data[0])])),
    )
  }
  const { weights } = (await program.readState()) as unknown as TrainingState<HostArray>
  await program.dispose()
  return { outputs, weights }
}

describe('the pre-training recipe', () => {
  const teacher = { config, params: initBackbone(config, rng(1)) }
  const options: PretrainOptions = { teacher, student: teacher, batch, size, seed: 3 }
  const falls = async (extra: Partial<PretrainOptions>) => {
    const recipe = pretrainRecipe({ ...options, ...extra })
    const { outputs, weights } = await steps(recipe, pair, 12)
    expect(outputs.at(-1)!.loss).toBeLessThan(outputs[0]!.loss!)
    return { recipe, outputs, weights }
  }

  it('trains every weight but the fixed positions', async () => {
    const { recipe, weights } = await falls({})
    const before = flattenTree(teacher.params) as Record<string, HostArray>
    const after = flattenTree(recipe.backbone(weights).params) as Record<string, HostArray>
    expect(Object.keys(after).sort()).toEqual(Object.keys(before).sort())
    const same = Object.keys(before).filter((path) => `${before[path]!.data}` === `${after[path]!.data}`)
    expect(same).toEqual(['posEmbed'])
  })

  it('trains LoRA with dropout, a learned scale and bias, and labels from features', async () => {
    const { outputs, weights } = await falls({
      lora: paperLora,
      logits: { scale: 10, bias: -6 },
      labels: { source: 'features' },
    })
    expect(outputs[0]).toMatchObject({ scale: expect.closeTo(10, 4), bias: -6 })
    expect(outputs.at(-1)!.bias).not.toBe(-6)
    expect(outputs[0]!.loss).toBeCloseTo(outputs[0]!.ia! + outputs[0]!.va!, 4)
    expect(Object.keys(weights)).toContain('encoder.blocks3.0.attn.qkv.down')
  })

  it('takes keys of an inner layer, distillation, empty patches and stochastic depth', async () => {
    const { outputs } = await falls({
      labels: { source: 'keys', layer: 0 },
      loss: { rgbTerm: 'patch-similarity', beta: 2 },
      irInfo: true,
      dropPath: 0.2,
    })
    // The student starts as the teacher; only stochastic depth tells them apart.
    expect(outputs[0]!.va).toBeLessThan(0.1)
  })

  it('minimises another objective over the same tokens', async () => {
    const { outputs } = await falls({
      lora: paperLora,
      logits: { temperature: 0.5 },
      objective: ({ rgb, ir, anchors, labels }, { logits }) => {
        expect([rgb.shape, ir.shape, anchors.shape, labels.shape[1]]).toEqual([
          ...Array(3).fill([2, 16, 32]),
          16,
        ])
        expect(logits).toEqual({ temperature: 0.5 })
        const distance = tf.mean(tf.squaredDifference(ir, anchors)) as tf.Scalar
        return { loss: distance, metrics: { distance } }
      },
    })
    expect(Object.keys(outputs[0]!).sort()).toEqual(['distance', 'gradNorm', 'loss'])
    expect(outputs[0]!.distance).toBe(outputs[0]!.loss)
    const unused = {
      logits: { scale: 10, bias: -6 },
      objective: ({ ir }: { ir: tf.Tensor3D }) => ({ loss: tf.mean<tf.Scalar>(ir), metrics: {} }),
    }
    await expect(falls(unused)).rejects.toThrow(
      'the loss does not depend on logits.logScale, logits.bias: leave them out',
    )
  })

  it('compares what two displaced windows both show', async () => {
    const side = size + 16
    const larger = (name: string) => rng(9, name).fillUniform(new Float32Array(batch * side * side * 3))
    const recipe = pretrainRecipe({ ...options, shift: 1, irInfo: true })
    const { outputs } = await steps(recipe, { rgb: larger('rgb'), ir: larger('ir') }, 12)
    expect(outputs.at(-1)!.loss).toBeLessThan(outputs[0]!.loss!)
  })

  it.each([4, 9, -1, 0.5])('refuses a shift of %s patches, before anything is compiled', (shift) => {
    expect(() => pretrainRecipe({ ...options, shift })).toThrow(
      `pre-training: a shift of ${shift} patches; at size 64, 4 patches a side, a whole number from 0 to 3 is wanted`,
    )
  })

  it('refuses a teacher whose tokens the student cannot match', () => {
    const wide = { ...config, widths: [16, 24, 48] as const }
    const other = { config: wide, params: initBackbone(wide, rng(1)) }
    expect(() => pretrainRecipe({ ...options, teacher: other })).toThrow(
      /student has tokens of width 32 every 16 pixels, the teacher of width 48/,
    )
  })
})

describe('the teachers’ recipes', () => {
  const labels = Int32Array.from({ length: batch * 16 }, (_, i) => (i % 5 === 0 ? 255 : i % 3))

  it('learn patch classes, ignored patches left out', async () => {
    const options = { model: { config }, classes: 3, ignore: 255, batch, size, seed: 1 }
    const recipe = labelRecipe(options)
    const { outputs, weights } = await steps(recipe, { rgb: pair.rgb, labels }, 40, 3e-3)
    expect(outputs[0]!.loss).toBeCloseTo(Math.log(3), 0)
    expect(outputs.at(-1)!.patchAccuracy).toBeGreaterThan(0.9)
    const check = await compile(
      labelCheck(options),
      { inputs: labelInputs(options), constants: recipe.constants, state: weights },
      { engine: 'cpu' },
    )
    const { correct, counted } = await check.run(labelFeed({ rgb: pair.rgb, labels }, options))
    expect(counted!.data[0]).toBe(labels.filter((label) => label !== 255).length)
    expect(correct!.data[0]! / counted!.data[0]!).toBeGreaterThan(0.9)
    await check.dispose()
    expect(recipe.extras!(weights, {})['classifier.weight']!.shape).toEqual([3, 32])
  })

  it('learn to fill in hidden patches', async () => {
    const recipe = maeRecipe({ model: { config }, batch, size, seed: 1 })
    const { outputs, weights } = await steps(recipe, pair, 30, 3e-3)
    expect(outputs.at(-1)!.loss).toBeLessThan(outputs[0]!.loss! * 0.97)
    expect(Object.keys(recipe.backbone(weights).params)).not.toContain('maskToken')
  })

  it('need a decoder to fill in patches, and say how to give one', () => {
    const { decoder: _, ...encoder } = config
    expect(() => maeRecipe({ model: { config: encoder }, batch, size, seed: 1 })).toThrow(
      'initDecoder: the configuration has no decoder; give it one, { ...config, decoder: { width, depth, heads } }',
    )
  })

  it('fill in patches of images of another size than the weights were trained at', async () => {
    const recipe = maeRecipe({ model: { config: { ...config, image: 32 } }, batch, size, seed: 1 })
    const { outputs } = await steps(recipe, pair, 30, 3e-3)
    expect(outputs.at(-1)!.loss).toBeLessThan(outputs[0]!.loss! * 0.97)
  })
})
