import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type BackboneConfig,
  fineTuned,
  initBackbone,
  mcmaeVariants,
  paperLora,
  vitVariants,
} from '@univ/backbone'
import { readSafetensors, writeSafetensors } from '@univ/checkpoint'
import { compile } from '@univ/compile'
import { predictClasses, type SegmenterConfig } from '@univ/heads'
import { flattenTree, type HostArray, rng } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import type { BatchSource, NamedBatch } from '../fit'
import { optimiserFeed, optimiserInputs } from '../optimiser-feed'
import type { Recipe } from '../recipe'
import { type RunOptions, run } from '../run'
import { trainingProgram } from '../training-program'
import { initialState, type TrainingState } from '../training-state'
import { openSegmenter } from './open-segmenter'
import { type SegmentInput, type SegmentOptions, segmentRecipe } from './segment-recipe'
import { loadSegmenter } from './segmenter-file'

const crop = 48
const batch = 2
const configs = {
  mcmae: { ...mcmaeVariants.tiny, image: crop, widths: [8, 12, 16], depths: [1, 1, 2] },
  vit: { ...vitVariants['tiny/16'], image: crop, width: 12, heads: 3, depth: 2 },
} as const satisfies Record<string, BackboneConfig>

const upernet: SegmenterConfig = { head: 'upernet', classes: 3, channels: 8, auxiliaryChannels: 4 }
const options = (family: keyof typeof configs, more: Partial<SegmentOptions> = {}): SegmentOptions => ({
  model: fineTuned(
    { config: configs[family], params: initBackbone(configs[family], rng(1)) },
    { relativePosition: 3, layerScale: 1, epsilon: 1e-5 },
  ),
  head: upernet,
  encoder: 'full',
  batch,
  crop,
  seed: 5,
  ...more,
})

/** Bright and dark stripes of 16 pixels, whose class is their brightness; some pixels do not count. */
function stripes(index: number): SegmentInput {
  const noise = rng(3, index)
  const labels = Int32Array.from({ length: batch * crop * crop }, (_, i) =>
    i % 13 === 0 ? 255 : (Math.floor((i % crop) / 16) + index) % 3,
  )
  const images = new Float32Array(labels.length * 3)
  labels.forEach((_, i) => {
    const brightness = ((Math.floor((i % crop) / 16) + index) % 3) - 1
    images.fill(brightness + 0.1 * noise.normal(), 3 * i, 3 * i + 3)
  })
  return { images, labels }
}

async function train(recipe: Recipe<SegmentInput>, steps: number, lr = 3e-3, accumulate = 1) {
  const program = await compile(
    trainingProgram(recipe.objective, { accumulate, lrScales: recipe.lrScales }),
    {
      inputs: { ...recipe.inputs, ...optimiserInputs({ accumulate }) },
      constants: recipe.constants,
      state: initialState(recipe.weights, accumulate, recipe.statistics) as never,
    },
    { engine: 'cpu', threads: 1 },
  )
  const losses: number[] = []
  for (let step = 0; step < steps; step++) {
    const feed = {
      ...recipe.feed(stripes(step % 3), step),
      ...optimiserFeed(step, { lr, weightDecay: 0.01 }, { accumulate }),
    }
    losses.push((await program.run(feed)).loss!.data[0]!)
  }
  const state = (await program.readState()) as unknown as TrainingState<HostArray>
  await program.dispose()
  return { losses, state }
}

const changed = (before: Readonly<Record<string, HostArray>>, after: Readonly<Record<string, HostArray>>) =>
  Object.keys(before).filter((path) => `${before[path]!.data}` !== `${after[path]!.data}`)

describe('the segmentation recipe', () => {
  const lora = { ...paperLora, rank: 2, dropout: 0.1 }
  it.each([
    ['mcmae', 'full', upernet],
    ['vit', 'full', upernet],
    ['mcmae', lora, upernet],
    ['mcmae', 'frozen', upernet],
    ['mcmae', 'frozen', { ...upernet, head: 'linear' }],
    ['vit', 'full', { ...upernet, head: 'linear' }],
  ] as const)('learns: %s, encoder %o, head %o', async (family, encoder, head) => {
    const recipe = segmentRecipe(options(family, { encoder, head, dropPath: 0.1 }))
    const { losses, state } = await train(recipe, 12, 1e-2)
    const late = losses.slice(-3).reduce((a, b) => a + b, 0)
    const early = losses.slice(0, 3).reduce((a, b) => a + b, 0)
    expect(late).toBeLessThan(0.9 * early)
    // Every array that is trained gets a gradient: an unused one would not compile, a zero one would stay.
    expect(changed(recipe.weights, state.weights)).toEqual(Object.keys(recipe.weights))
    expect(changed(recipe.statistics!, state.statistics!)).toEqual(Object.keys(recipe.statistics!))
  })

  it('trains LoRA and what fine-tuning added, and gives the encoder merged', async () => {
    const recipe = segmentRecipe(options('mcmae', { encoder: lora }))
    const inEncoder = Object.keys(recipe.weights).filter((path) => path.startsWith('encoder.'))
    expect(inEncoder.every((path) => /relativePositionBiasTable|gamma/.test(path))).toBe(true)
    expect(inEncoder).toHaveLength(2 * 3)
    const { state } = await train(recipe, 2)
    const before = flattenTree(recipe.backbone(recipe.weights).params) as Record<string, HostArray>
    const after = flattenTree(recipe.backbone(state.weights).params) as Record<string, HostArray>
    expect(changed(before, after)).toContain('blocks3.0.attn.qkv.kernel')
    expect(Object.keys(after)).toEqual(Object.keys(before))
  })

  it('lets deeper layers learn faster, by the factor for every layer', async () => {
    const paths = [
      'encoder.patchEmbed1.proj.bias',
      'encoder.blocks3.0.mlp.fc2.bias',
      'encoder.blocks3.1.mlp.fc2.bias',
    ]
    const recipe = segmentRecipe(options('mcmae', { layerDecay: 0.5 }))
    expect(paths.map((path) => recipe.lrScales![path])).toEqual([1 / 8, 1 / 4, 1 / 2])
    expect(Object.keys(recipe.lrScales!).some((path) => path.startsWith('head.'))).toBe(false)
    // Adam's first step is the learning rate itself, whatever the gradient.
    const { state } = await train(recipe, 1, 1e-2)
    const step = (path: string) => Math.max(...Array.from(state.weights[path]!.data, Math.abs))
    paths.forEach((path, i) => void expect(step(path)).toBeCloseTo(1e-2 / 2 ** (3 - i), 4))
  })

  it('weighs the auxiliary loss', async () => {
    const [none, some] = await Promise.all(
      [0, 0.4].map((auxiliaryWeight) => train(segmentRecipe(options('mcmae', { auxiliaryWeight })), 1)),
    )
    // At the start both heads know nothing: ln 3 each.
    expect(none!.losses[0]).toBeCloseTo(Math.log(3), 1)
    expect(some!.losses[0]! / none!.losses[0]!).toBeCloseTo(1.4, 1)
  })

  it('renews batch-norm statistics with every gathered batch, and the weights with the last', async () => {
    const recipe = segmentRecipe(options('mcmae'))
    const first = await train(recipe, 1, 3e-3, 3)
    const second = await train(recipe, 2, 3e-3, 3)
    expect(changed(recipe.weights, second.state.weights)).toEqual([])
    const layer = 'decodeHead.lateralConvs.0.bn.mean'
    expect(changed(recipe.statistics!, first.state.statistics!)).toContain(layer)
    expect(changed(first.state.statistics!, second.state.statistics!)).toContain(layer)
    // The weights stand still, so the second batch's mean moves the running one by a tenth of the way again.
    const third = await train(recipe, 3, 3e-3, 3)
    expect(changed(recipe.weights, third.state.weights)).toEqual(Object.keys(recipe.weights))
    expect(third.state.statistics![layer]!.data.every(Number.isFinite)).toBe(true)
  })
})

type Batch = SegmentInput & NamedBatch
const source: BatchSource<Batch> = {
  batchesPerEpoch: 3,
  async *batches(epoch, from) {
    for (let index = from; index < 3; index++) yield { ...stripes(index + epoch), index, ids: [`${index}`] }
  },
}

describe('a run of it', () => {
  const folder = () => mkdtempSync(join(tmpdir(), 'segment-'))
  const runOptions = (out: string, more: Partial<RunOptions<Batch>> = {}): RunOptions<Batch> => ({
    recipe: segmentRecipe(
      options('mcmae', { dropPath: 0.2, layerDecay: 0.75, metadata: { classes: 'a,b,c' } }),
    ),
    source,
    optimiser: { accumulate: 2 },
    schedules: { lr: () => 3e-3, weightDecay: () => 0.05 },
    epochs: 2,
    out,
    config: {},
    engine: 'cpu',
    threads: 1,
    logEvery: 1,
    ...more,
  })
  const state = (out: string) => readFileSync(join(out, 'last.state.safetensors'))

  it('goes on bit for bit, statistics included, and leaves a segmenter that answers as the run’s own', async () => {
    const [whole, cut] = [folder(), folder()]
    let seen: Record<string, HostArray> = {}
    const { backbone } = await run(
      runOptions(whole, {
        async validate(_, __, statistics) {
          seen = statistics
          return {}
        },
      }),
    )
    let steps = 0
    await run(runOptions(cut, { shouldStop: () => ++steps >= 4 }))
    await run(runOptions(cut, { resume: true }))
    expect(state(cut).equals(state(whole))).toBe(true)
    for (const name of ['last.safetensors', 'last.extras.safetensors'])
      expect(readFileSync(join(cut, name)).equals(readFileSync(join(whole, name))), name).toBe(true)

    const loaded = await loadSegmenter(backbone)
    expect(loaded.head).toEqual(upernet)
    expect(loaded.metadata).toMatchObject({ classes: 'a,b,c' })
    expect(loaded.model.config).toMatchObject({ relativePosition: 3, layerScale: true, epsilon: 1e-5 })
    expect(changed(seen, loaded.statistics)).toEqual([])

    // Weights compiled in, and weights handed over: the same classes; other weights: others.
    const image = {
      height: 50,
      width: 60,
      channels: 3,
      data: new Float32Array(50 * 60 * 3).map((_, i) => Math.sin(i)),
    }
    const fixed = await openSegmenter(loaded, { engine: 'cpu', batch: 2 })
    const open = await openSegmenter(loaded, { engine: 'cpu', batch: 1, changing: true })
    const logits = async (opened: typeof fixed) =>
      (
        await opened.network([{ ...image, height: 48, width: 48, data: image.data.slice(0, 48 * 48 * 3) }])
      )[0]!
    const [a, b] = [await logits(fixed), await logits(open)]
    a.data.forEach((value, i) => void expect(b.data[i]).toBeCloseTo(value, 4))
    expect((await predictClasses(image, fixed.network, { window: 48 })).length).toBe(50 * 60)
    const fresh = segmentRecipe(options('mcmae'))
    await open.update({
      ...loaded,
      weights: Object.fromEntries(
        Object.entries(fresh.weights).flatMap(([path, array]) =>
          path.startsWith('head.') ? [[path.slice(5), array]] : [],
        ),
      ),
    })
    expect([...(await logits(open)).data.subarray(0, 3)]).not.toEqual([...b.data.subarray(0, 3)])
    await expect(fixed.update(loaded)).rejects.toThrow('open it with `changing`')
    await Promise.all([fixed.dispose(), open.dispose()])
  })

  it('is read from one file of mmsegmentation’s names, too', async () => {
    const out = folder()
    const { backbone } = await run(runOptions(out, { epochs: 1 }))
    const parts = await Promise.all(
      [backbone, join(out, 'last.extras.safetensors')].map((file) => readSafetensors(file)),
    )
    const [encoder, head] = parts.map(({ tensors }) => [...tensors]) as [[string, never][], [string, never][]]
    const file = join(out, 'iter_48000.safetensors')
    await writeSafetensors(
      file,
      Object.fromEntries([
        ...encoder.flatMap(([name, tensor]) =>
          name.startsWith('norm.')
            ? []
            : [[`state_dict.backbone.${name.replace('ls1.gamma', 'gamma_1')}`, tensor]],
        ),
        ...head.map(([name, tensor]) => [`state_dict.${name}`, tensor]),
      ]),
    )
    const [one, two] = [await loadSegmenter(file, { heads: 4 }), await loadSegmenter(backbone)]
    expect(one.head).toEqual(two.head)
    expect(changed(two.weights, one.weights)).toEqual([])
    const [a, b] = [one, two].map(({ model }) => flattenTree(model.params) as Record<string, HostArray>)
    expect(changed(b!, a!).filter((path) => !path.startsWith('norm.'))).toEqual([])
    expect(one.model.config).toMatchObject({ relativePosition: 3, epsilon: 1e-5 })
  })

  it('says where a file has no head', async () => {
    const path = new URL('../../../../fixtures/golden/mcmae-tiny/checkpoint.pth', import.meta.url).pathname
    await expect(loadSegmenter(path)).rejects.toThrow(/checkpoint\.pth: no segmentation head/)
  })
})
