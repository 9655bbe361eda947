import { initBackbone, paperLora } from '@univ/backbone'
import { type CompileOptions, countWork, passNames } from '@univ/compile'
import { rng } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { compileRecipe } from './compile-recipe'
import { pretrainRecipe } from './pretrain-recipe'
import { largestDifferences } from './testing/differences'
import { everyModel, type Numbers, tinyVit } from './testing/every-model'

function expectEqual(ours: Numbers, plain: Numbers): void {
  for (const [name, difference] of Object.entries(largestDifferences(ours, plain)))
    expect(difference, name).toBeLessThan(2e-5)
}

describe('all graph passes together', () => {
  for (const [name, run] of Object.entries(everyModel))
    it(`leave the numbers of ${name} as they are`, async () => {
      expectEqual(await run({}), await run({ without: passNames }))
    })
})

describe('batches in parts', () => {
  for (const [name, run] of Object.entries(everyModel))
    it(`leave the numbers of ${name} as they are`, async () => {
      expectEqual(await run({ tileBytes: 4096 }), await run({ without: passNames }))
    })
})

describe('recomputing activations', () => {
  const trained = Object.keys(everyModel).filter((name) => name.includes('step'))
  for (const name of trained)
    it(`leaves the numbers of ${name} as they are`, async () => {
      const run = everyModel[name]!
      expectEqual(await run({ recompute: 'loss' }), await run({}))
    })

  it('keeps less than half of the step with LoRA, and computes nothing more than twice', async () => {
    const work = async (options: CompileOptions) => {
      const config = { ...tinyVit, image: 224, depth: 8 }
      const weights = { config, params: initBackbone(config, rng(3, 'weights')) }
      const recipe = pretrainRecipe({
        teacher: weights,
        student: weights,
        batch: 2,
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
    await expect(everyModel['ViT features']!({ recompute: 'loss' })).rejects.toThrow(
      "no computed output 'loss'",
    )
  })
})

describe('each graph pass alone', () => {
  for (const name of ['the MCMAE step with LoRA', "UPerNet's step on MCMAE", "Mask R-CNN's step on MCMAE"])
    it(`leaves the numbers of ${name} as they are`, async () => {
      const run = everyModel[name]!
      const plain = await run({ without: passNames })
      for (const pass of passNames)
        expectEqual(await run({ without: passNames.filter((other) => other !== pass) }), plain)
    })
})
