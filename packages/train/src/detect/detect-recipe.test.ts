import { mcmaeVariants, vitVariants } from '@univ/backbone'
import { type CompiledProgram, compile } from '@univ/compile'
import { detectorVariants, evaluateCoco } from '@univ/heads'
import { type HostArray, rng } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { optimiserFeed, optimiserInputs } from '../optimiser-feed'
import { trainingProgram } from '../training-program'
import { initialState } from '../training-state'
import { type DetectionInput, type DetectOptions, detectProgram, detectRecipe } from './detect-recipe'

const size = [64, 96] as const
const slots = 4
const batch = 2
const detector = {
  ...detectorVariants.small,
  classes: 2,
  channels: 24,
  boxConvs: 1,
  boxWidth: 64,
  rpnSamples: 64,
  candidates: 60,
  proposals: 40,
  regionSamples: 32,
}
const model = {
  config: { ...mcmaeVariants.tiny, image: 96, widths: [16, 24, 32] as const, depths: [1, 1, 1] as const },
}
const options: DetectOptions = { model, detector, batch, size, slots, seed: 3 }

/** Images of a bright and a dark rectangle on noise: class 0 and class 1. */
function scene(index: number) {
  const random = rng(index, 'scene')
  const image = new Float32Array(size[0] * size[1] * 3).map(() => 0.2 * random.normal())
  const boxes = [0, 1].map((kind) => {
    const [w, h] = [14 + random.int(16), 14 + random.int(16)]
    const [x, y] = [kind * 48 + random.int(48 - w), random.int(size[0] - h)]
    for (let row = y; row < y + h; row++)
      for (let column = x; column < x + w; column++)
        image.fill(kind === 0 ? 2 : -2, 3 * (row * size[1] + column), 3 * (row * size[1] + column) + 3)
    return [x, y, x + w, y + h] as const
  })
  return { image, boxes }
}

function batchOf(indices: readonly number[]): DetectionInput {
  const boxes = new Float32Array(indices.length * slots * 4)
  const classes = new Int32Array(indices.length * slots)
  const valid = new Float32Array(indices.length * slots)
  const images = new Float32Array(indices.length * size[0] * size[1] * 3)
  indices.forEach((index, i) => {
    const { image, boxes: own } = scene(index)
    images.set(image, i * image.length)
    own.forEach((box, kind) => {
      boxes.set(box, 4 * (i * slots + kind))
      classes[i * slots + kind] = kind
      valid[i * slots + kind] = 1
    })
  })
  return { images, boxes, classes, valid }
}

async function trainer(given: DetectOptions) {
  const recipe = detectRecipe(given)
  const program = await compile(
    trainingProgram(recipe.objective, { clip: 1 }),
    {
      inputs: { ...recipe.inputs, ...optimiserInputs() },
      constants: recipe.constants,
      state: initialState(recipe.weights) as never,
    },
    { engine: 'cpu' },
  )
  return { recipe, program }
}

async function step({ recipe, program }: Awaited<ReturnType<typeof trainer>>, at: number, lr = 2e-3) {
  const indices = Array.from({ length: batch }, (_, i) => (at * batch + i) % 8)
  const outputs = await program.run({
    ...recipe.feed(batchOf(indices), at),
    ...optimiserFeed(at, { lr, weightDecay: 0 }),
  })
  return outputs.loss!.data[0]!
}

async function ap50(
  program: CompiledProgram,
  recipe: ReturnType<typeof detectRecipe>,
  indices: readonly number[],
) {
  const weights = ((await program.readState()) as unknown as { weights: Record<string, HostArray> }).weights
  const finder = await compile(
    detectProgram(options),
    {
      inputs: { images: { shape: [batch, ...size, 3], dtype: 'float32' } },
      constants: recipe.constants,
      state: weights,
    },
    { engine: 'cpu' },
  )
  const box = ([left, top, right, bottom]: readonly number[]) =>
    [left!, top!, right! - left!, bottom! - top!] as const
  const area = (sides: readonly number[]) => sides[2]! * sides[3]!
  const truths = indices.flatMap((image) =>
    scene(image).boxes.map((corners, category) => ({
      id: 2 * image + category + 1,
      image,
      category,
      box: box(corners),
      area: area(box(corners)),
      crowd: false,
    })),
  )
  const found = []
  for (let i = 0; i < indices.length; i += batch) {
    const { images } = batchOf(indices.slice(i, i + batch))
    const { boxes, scores, classes } = await finder.run({
      images: { shape: [batch, ...size, 3], dtype: 'float32', data: images },
    })
    const each = scores!.shape[1]!
    for (let k = 0; k < batch * each; k++) {
      const sides = box([...boxes!.data.subarray(4 * k, 4 * k + 4)])
      if (scores!.data[k]! > 0)
        found.push({
          image: indices[i + Math.floor(k / each)]!,
          category: classes!.data[k]!,
          box: sides,
          area: area(sides),
          score: scores!.data[k]!,
        })
    }
  }
  await finder.dispose()
  const categories = [0, 1].map((id) => ({ id, name: `${id}` }))
  const images = indices.map((id) => ({ id, file: `${id}` }))
  return evaluateCoco({ images, categories, truths }, found).stats.AP50
}

describe('a detector', () => {
  it('learns a few scenes by heart: AP50 rises from nothing to nearly 1', async () => {
    const training = await trainer(options)
    const scenes = [0, 1, 2, 3, 4, 5, 6, 7]
    const before = await ap50(training.program, training.recipe, scenes)
    for (let i = 0; i < 160; i++) await step(training, i, i < 120 ? 2e-3 : 4e-4)
    const after = await ap50(training.program, training.recipe, scenes)
    await training.program.dispose()
    expect(before).toBeLessThan(0.2)
    expect(after).toBeGreaterThan(0.95)
  })

  it('learns masks beside boxes where it has a mask head', async () => {
    const training = await trainer({ ...options, detector: { ...detector, maskConvs: 1 } })
    const batchAt = (at: number): DetectionInput => {
      const given = batchOf([(2 * at) % 8, (2 * at + 1) % 8])
      const masks = new Float32Array(batch * slots * 32 * 48)
      // The upper half of every box is the object.
      for (let slot = 0; slot < batch * slots; slot++) {
        const [left, top, right, bottom] = given.boxes.subarray(4 * slot, 4 * slot + 4)
        for (let y = Math.round(top! / 2); y < (top! + bottom!) / 4; y++)
          masks.fill(
            1,
            (slot * 32 + y) * 48 + Math.round(left! / 2),
            (slot * 32 + y) * 48 + Math.round(right! / 2),
          )
      }
      return { ...given, masks }
    }
    const losses: number[] = []
    for (let at = 0; at < 60; at++) {
      const feed = {
        ...training.recipe.feed(batchAt(at), at),
        ...optimiserFeed(at, { lr: 2e-3, weightDecay: 0 }),
      }
      losses.push((await training.program.run(feed)).masks!.data[0]!)
    }
    await training.program.dispose()
    expect(losses[0]).toBeCloseTo(Math.LN2, 1)
    expect(losses.slice(-8).reduce((sum, loss) => sum + loss, 0) / 8).toBeLessThan(0.45)
  })

  it('goes on from its saved state bit for bit', async () => {
    const whole = await trainer(options)
    const losses = [await step(whole, 0), await step(whole, 1)]
    const saved = await whole.program.readState()
    const rest = [await step(whole, 2), await step(whole, 3)]
    const resumed = await trainer(options)
    await resumed.program.writeState(saved)
    expect([await step(resumed, 2), await step(resumed, 3)]).toEqual(rest)
    expect(losses.every(Number.isFinite)).toBe(true)
    expect(await resumed.program.readState()).toEqual(await whole.program.readState())
    await Promise.all([whole.program.dispose(), resumed.program.dispose()])
  })

  it('stands on a ViT, and on an encoder that stays as it is', async () => {
    const vit = { ...vitVariants['tiny/16'], image: 96, width: 24, depth: 1, heads: 2 }
    const onVit = await trainer({ ...options, model: { config: vit } })
    expect(await step(onVit, 0)).toBeGreaterThan(0)
    await onVit.program.dispose()
    const still = await trainer({ ...options, frozen: true })
    expect(Object.keys(still.recipe.weights).every((path) => path.startsWith('detector.'))).toBe(true)
    const first = await step(still, 0)
    await step(still, 0)
    expect(await step(still, 0)).toBeLessThan(first)
    await still.program.dispose()
  })
})
