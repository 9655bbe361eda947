import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { initBackbone, mcmaeVariants, paperLora } from '@univ/backbone'
import { compile, type TrainingPrecision } from '@univ/compile'
import { flattenTree, type HostArray, rng } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { compileRecipe } from './compile-recipe'
import { fit, type NamedBatch } from './fit'
import { firstLossScale, type LossScale, nextLossScale } from './loss-scale'
import type { Objective } from './objective'
import { optimiserFeed, optimiserInputs } from './optimiser-feed'
import { type PairInput, pretrainRecipe } from './pretrain-recipe'
import { type RunOptions, run } from './run'
import { type Position, startPosition } from './train-state'
import { trainingProgram } from './training-program'
import { initialState, type TrainingState } from './training-state'
import type { OptimiserOptions } from './update-group'

const array = (values: number[], shape = [values.length]): HostArray => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from(values),
})
const half: OptimiserOptions = { precision: 'float16' }
const scaled = (scale: number): LossScale => ({ ...firstLossScale, scale })
const rates = { lr: 0.01, weightDecay: 0 }

/** `factor · Σ x·w`, with a running mean of the loss as statistics: its gradient is `factor · x`. */
const objective: Objective = ({ weights, inputs, statistics }) => {
  const loss = tf.mul(
    tf.sum(tf.matMul(inputs.x as tf.Tensor2D, weights.w as tf.Tensor2D)),
    inputs.factor!,
  ) as tf.Scalar
  return { loss, metrics: {}, statistics: { mean: tf.mul(tf.add(statistics.mean!, loss), 0.5) } }
}

const open = (options: OptimiserOptions = half) =>
  compile(
    trainingProgram(objective, options),
    {
      inputs: {
        x: { shape: [1, 2], dtype: 'float32' },
        factor: { shape: [], dtype: 'float32' },
        ...optimiserInputs(options),
      },
      state: initialState({ w: array([1, 2], [2, 1]) }, options.accumulate, { mean: array([3]) }) as never,
    },
    { engine: 'cpu', precision: options.precision },
  )
const feed = (factor: number) => ({ x: array([1, 0.5], [1, 2]), factor: array([factor], []) })

describe('the scale of the loss', () => {
  it('is halved at an overflow, and doubled after 2000 batches without', () => {
    const once = nextLossScale({ scale: 8, kept: 5, skipped: 1 }, true)
    expect(once).toEqual({ scale: 4, kept: 0, skipped: 2 })
    let scale = once
    for (let i = 0; i < 1999; i++) scale = nextLossScale(scale, false)
    expect(scale.scale).toBe(4)
    expect(nextLossScale(scale, false)).toEqual({ scale: 8, kept: 0, skipped: 2 })
  })

  it('keeps gradients that half precision would lose', async () => {
    const program = await open()
    const norm = async (scale: number) =>
      (await program.run({ ...feed(2 ** -26), ...optimiserFeed(0, rates, half, scaled(scale)) })).gradNorm!
        .data[0]
    expect(await norm(1)).toBe(0)
    expect(await norm(2 ** 16)).toBeCloseTo(2 ** -26 * Math.hypot(1, 0.5), 12)
    await program.dispose()
  })

  it('does not change the loss that is reported', async () => {
    const program = await open()
    const { loss, overflow } = await program.run({ ...feed(0.25), ...optimiserFeed(0, rates, half) })
    expect([loss!.data[0], overflow!.data[0]]).toEqual([0.5, 0])
    await program.dispose()
  })
})

describe('a gradient that overflows', () => {
  it('leaves weights, moments and statistics exactly as they were', async () => {
    const program = await open()
    const numbers = async () =>
      Object.entries(flattenTree(await program.readState())).map(([path, { data }]) => [path, ...data])
    const before = await numbers()
    const { loss, gradNorm, overflow } = await program.run({ ...feed(8), ...optimiserFeed(0, rates, half) })
    expect([loss!.data[0], overflow!.data[0], Number.isFinite(gradNorm!.data[0])]).toEqual([16, 1, false])
    expect(await numbers()).toEqual(before)
    await program.run({ ...feed(8), ...optimiserFeed(0, rates, half, scaled(2 ** 10)) })
    const { weights } = (await program.readState()) as unknown as TrainingState<HostArray>
    expect(weights.w!.data[0]).toBeCloseTo(1 - 0.01, 5)
    await program.dispose()
  })

  it('is not gathered', async () => {
    const options = { ...half, accumulate: 2 }
    const program = await open(options)
    await program.run({ ...feed(0.5), ...optimiserFeed(0, rates, options) })
    await program.run({ ...feed(8), ...optimiserFeed(2, rates, options) })
    const { gathered } = (await program.readState()) as unknown as TrainingState<HostArray>
    expect([...gathered!.w!.data]).toEqual([0.25, 0.125])
    await program.dispose()
  })

  const fitted = async (factors: readonly number[], from: Position = startPosition) => {
    const program = await open()
    const seen: Readonly<Record<string, number>>[] = []
    let means: Readonly<Record<string, number>> = {}
    const position = await fit({
      recipe: { feed: ({ factor }: { factor: number; index: number; ids: string[] }) => feed(factor) },
      source: {
        batchesPerEpoch: factors.length,
        async *batches() {
          for (const [index, factor] of factors.entries()) yield { factor, index, ids: [`pair-${index}`] }
        },
      },
      program,
      optimiser: half,
      schedules: { lr: () => 0.01, weightDecay: () => 0 },
      epochs: 1,
      from,
      onStep: ({ values }) => void seen.push(values),
      async onEpoch(_, ofEpoch) {
        means = ofEpoch
      },
    }).finally(() => program.dispose())
    return { position, seen, means }
  }

  it('is answered by half the scale until it fits; the epoch’s means stay numbers', async () => {
    const { position, seen, means } = await fitted([4, 4, 4])
    expect(seen.map(({ lossScale, overflow }) => [lossScale, overflow])).toEqual([
      [2 ** 16, 1],
      [2 ** 15, 1],
      [2 ** 14, 1],
    ])
    expect(position.lossScale).toEqual({ scale: 2 ** 13, kept: 0, skipped: 3 })
    expect(means).toMatchObject({ loss: 8, gradNorm: 0, overflow: 1 })
    const again = await fitted([4], { ...startPosition, step: 3, lossScale: position.lossScale })
    expect(again.position.lossScale).toEqual({ scale: 2 ** 13, kept: 1, skipped: 3 })
  })

  it('stops the run where the scale cannot become less, or where the loss itself is no number', async () => {
    await expect(fitted([1e6], { ...startPosition, lossScale: scaled(1) })).rejects.toThrow(
      /gradNorm is (NaN|Inf)/,
    )
    await expect(fitted([Number.NaN])).rejects.toThrow(/loss is NaN.*pair-0/)
  })
})

describe('pre-training in mixed precision', () => {
  const size = 32
  const config = { ...mcmaeVariants.tiny, image: size, widths: [8, 12, 16], depths: [1, 1, 1] } as const
  const teacher = { config, params: initBackbone(config, rng(1)) }
  const images = (name: string, epoch: number, index: number) => {
    const draw = rng(5, name, epoch, index)
    return Float32Array.from({ length: 2 * size * size * 3 }, () => draw.normal())
  }
  const options = (
    out: string,
    precision: TrainingPrecision,
    lora = true,
  ): RunOptions<PairInput & NamedBatch> => ({
    recipe: pretrainRecipe({
      teacher,
      student: teacher,
      batch: 2,
      size,
      seed: 11,
      ...(lora ? { lora: { ...paperLora, rank: 2 } } : {}),
      logits: { scale: 10, bias: -6 },
    }),
    source: {
      batchesPerEpoch: 4,
      async *batches(epoch: number, from: number) {
        for (let index = from; index < 4; index++)
          yield { rgb: images('rgb', epoch, index), ir: images('ir', epoch, index), index, ids: [`${index}`] }
      },
    },
    optimiser: { clip: 3, precision },
    schedules: { lr: () => 1e-3, weightDecay: () => 0.05 },
    epochs: 2,
    out,
    config: {},
    engine: 'cpu',
    logEvery: 1,
  })
  const folder = () => mkdtempSync(join(tmpdir(), 'half-'))
  // Neighbours in bfloat16 stand eight times as far apart.
  it.each([
    ['float16', true, 0.01, 0.05],
    ['float16', false, 0.01, 0.05],
    ['bfloat16', true, 0.02, 0.1],
    ['bfloat16', false, 0.02, 0.1],
  ] as const)('follows single precision (%s, LoRA: %s)', async (precision, lora, ofLoss, ofNorm) => {
    const follow = async (chosen: TrainingPrecision) => {
      const { recipe, source } = options('', chosen, lora)
      const optimiser = { clip: 3, precision: chosen }
      const program = await compileRecipe(recipe, optimiser, { engine: 'cpu' })
      const seen: number[][] = []
      for await (const batch of source.batches(0, 0)) {
        const { loss, gradNorm } = await program.run({
          ...recipe.feed(batch, batch.index),
          ...optimiserFeed(batch.index, { lr: 1e-3, weightDecay: 0.05 }, optimiser, scaled(2 ** 8)),
        })
        seen.push([loss!.data[0]!, gradNorm!.data[0]!])
      }
      await program.dispose()
      return seen
    }
    const [ours, plain] = [await follow(precision), await follow('float32')]
    ours.forEach(([loss, gradNorm], step) => {
      expect(Math.abs(loss! / plain[step]![0]! - 1)).toBeLessThan(ofLoss)
      expect(Math.abs(gradNorm! / plain[step]![1]! - 1)).toBeLessThan(ofNorm)
    })
    expect(ours).not.toEqual(plain)
  })

  it('needs no scaled loss in bfloat16, whose range is that of single precision', async () => {
    expect(optimiserInputs({ precision: 'bfloat16' })).not.toHaveProperty('lossScale')
    const program = await open({ precision: 'bfloat16' })
    const { gradNorm, overflow } = await program.run({
      ...feed(2 ** -40),
      ...optimiserFeed(0, rates, { precision: 'bfloat16' }),
    })
    expect(gradNorm!.data[0]! / (2 ** -40 * Math.hypot(1, 0.5))).toBeCloseTo(1, 5)
    expect(overflow).toBeUndefined()
    await program.dispose()
  })

  it('goes on, bit for bit, after being stopped', async () => {
    const [whole, cut] = [folder(), folder()]
    await run(options(whole, 'float16'))
    let steps = 0
    await run({ ...options(cut, 'float16'), shouldStop: () => ++steps >= 3 })
    await run({ ...options(cut, 'float16'), resume: true })
    const state = (out: string) => readFileSync(join(out, 'last.state.safetensors'))
    expect(state(cut).equals(state(whole))).toBe(true)
  })
})
