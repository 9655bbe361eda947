import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Checkpoint, loadCheckpoint, writeSafetensors } from '@univ/checkpoint'
import { flattenTree, type HostArray, rng, type Tree } from '@univ/nn'
import { afterAll, describe, expect, it } from 'vitest'
import { initBackbone } from './backbone'
import { type BackboneConfig, mcmaeVariants, vitVariants } from './configs'
import { goldenPath } from './golden'
import { encoderOnly, loadBackbone, saveBackbone } from './load'
import { initDecoder } from './masked-autoencoder'
import { fromTorchNames, permute, toTorchNames } from './torch-names'

const folder = await mkdtemp(join(tmpdir(), 'univ-backbone-'))
afterAll(() => rm(folder, { recursive: true }))

const vit: BackboneConfig = { ...vitVariants['tiny/16'], width: 24, depth: 2, image: 32 }
const mcmae = {
  ...mcmaeVariants.tiny,
  image: 32,
  widths: [8, 12, 16] as const,
  depths: [1, 1, 1] as const,
  decoder: { width: 12, depth: 1, heads: 3 },
}
const zeros = (shape: readonly number[]): HostArray => ({
  shape,
  dtype: 'float32',
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
})
/** A checkpoint in memory, its names behind a prefix. */
function checkpoint(
  state: Readonly<Record<string, HostArray>>,
  { prefix = '', metadata = {} as Record<string, string> } = {},
): Checkpoint {
  const tensors = Object.entries(state).map(([name, array]) => [prefix + name, array] as const)
  return { format: 'safetensors', tensors: new Map(tensors), metadata }
}
const numbers = (tree: Tree<HostArray>) => flattenTree(tree) as Record<string, HostArray>

describe('a saved backbone', () => {
  const trees: Record<string, [BackboneConfig, Tree<HostArray>]> = {
    'a ViT with registers and layer scale': [
      { ...vit, registers: 2, layerScale: true },
      initBackbone({ ...vit, registers: 2, layerScale: true }, rng(1)),
    ],
    'a ViT without class token': [
      { ...vit, classToken: false },
      initBackbone({ ...vit, classToken: false }, rng(1)),
    ],
    'MCMAE with its decoder': [
      mcmae,
      { ...(initBackbone(mcmae, rng(1)) as Record<string, Tree<HostArray>>), ...initDecoder(mcmae, rng(2)) },
    ],
  }
  for (const [kind, [config, params]] of Object.entries(trees)) {
    it(`comes back as it was: ${kind}`, async () => {
      const path = join(folder, 'saved.safetensors')
      await saveBackbone(path, params, config)
      const loaded = await loadBackbone(path)
      expect(loaded.config).toEqual(config)
      expect([loaded.missing, loaded.unexpected]).toEqual([[], []])
      expect(numbers(loaded.params)).toEqual(numbers(params))
    })

    it(`is recognised without its metadata: ${kind}`, async () => {
      const { config: inferred } = await loadBackbone(checkpoint(toTorchNames(params)), {
        heads: config.heads,
      })
      const heads = config.family === 'mcmae' ? { decoder: { width: 12, depth: 1, heads: 1 } } : {}
      // Heads leave no trace in tensors; a decoder without preset gets a divisor of its width.
      expect(inferred).toEqual({ ...config, ...heads })
    })
  }

  it('is refused where a weight is no number, and named in every error', async () => {
    const path = join(folder, 'broken.safetensors')
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const params = initBackbone(vit, rng(1))
      numbers(params)['norm.scale']!.data[3] = value
      await saveBackbone(path, params, vit)
      await expect(loadBackbone(path)).rejects.toThrow(`${path}: norm.weight holds ${value} (its number 3)`)
    }
    await writeSafetensors(path, { 'norm.weight': zeros([23]) })
    await expect(loadBackbone(path)).rejects.toThrow(`${path}: `)
    await expect(loadBackbone(path, { which: 'ema' })).rejects.toThrow(`${path}: the checkpoint has no 'ema'`)
  })

  it('refuses other heads than the file states, and takes the same', async () => {
    const path = join(folder, 'stated.safetensors')
    const [config, params] = trees['a ViT without class token']!
    await saveBackbone(path, params, config)
    expect((await loadBackbone(path, { heads: config.heads })).config).toEqual(config)
    await expect(loadBackbone(path, { heads: 2 * config.heads })).rejects.toThrow(
      `heads: ${2 * config.heads} were given, the file states ${config.heads} (univ_config): leave heads out`,
    )
  })

  it('says that it has no decoder where only the encoder was saved', async () => {
    const path = join(folder, 'encoder.safetensors')
    await saveBackbone(path, encoderOnly(trees['MCMAE with its decoder']![1]), mcmae)
    expect((await loadBackbone(path)).config).not.toHaveProperty('decoder')
  })

  it('maps torch’s names there and back', () => {
    for (const [, params] of Object.values(trees))
      expect(numbers(fromTorchNames(toTorchNames(params)))).toEqual(numbers(params))
  })
})

describe('a DINO training checkpoint', async () => {
  const bare = await loadCheckpoint(goldenPath('vit-tiny/checkpoint.pth'))
  const state = Object.fromEntries(bare.tensors) as unknown as Record<string, HostArray>
  const other = Object.fromEntries(
    Object.entries(state).map(([name, array]) => [name, { ...array, data: array.data.map((x) => -x) }]),
  ) as Record<string, HostArray>
  const whole = checkpoint({
    ...Object.fromEntries(
      Object.entries(state).map(([name, array]) => [`student.module.backbone.${name}`, array]),
    ),
    'student.module.head.mlp.0.weight': zeros([4, 96]),
    ...Object.fromEntries(Object.entries(other).map(([name, array]) => [`teacher.backbone.${name}`, array])),
  })
  const wanted = await loadBackbone(bare, { heads: 4 })

  it('gives the student by default, and lists its head as unexpected', async () => {
    const { params, missing, unexpected } = await loadBackbone(whole, { heads: 4 })
    expect(numbers(params)).toEqual(numbers(wanted.params))
    expect([missing, unexpected]).toEqual([[], ['head.mlp.0.weight']])
  })

  it('gives the teacher where that is asked for', async () => {
    const { params } = await loadBackbone(whole, { heads: 4, which: 'teacher' })
    expect(numbers(params)).toEqual(numbers(fromTorchNames(other)))
  })

  it('names what it has where something else is asked for', async () => {
    await expect(loadBackbone(whole, { heads: 4, which: 'ema' })).rejects.toThrow(
      "no 'ema'; its names begin with student, teacher",
    )
  })
})

describe('a checkpoint that does not fit', () => {
  const state = toTorchNames(initBackbone(vit, rng(1)))
  const load = (tensors: Record<string, HostArray>, metadata: Record<string, string> = {}) =>
    loadBackbone(checkpoint(tensors, { metadata }), { heads: 3 })
  const claim = (config: unknown) => ({ univ_config: JSON.stringify(config) })

  it('has its few missing arrays drawn, always the same, and listed with the unexpected', async () => {
    const { 'blocks.1.norm2.weight': _, 'blocks.0.attn.proj.weight': __, ...rest } = state
    const [first, second] = [
      await load({ ...rest, constructor: zeros([2]) }),
      await load({ ...rest, constructor: zeros([2]) }),
    ]
    expect(first.missing).toEqual(['blocks.0.attn.proj.weight', 'blocks.1.norm2.weight'])
    expect(first.unexpected).toEqual(['constructor'])
    expect(numbers(first.params)).toEqual(numbers(second.params))
    expect([...numbers(first.params)['blocks.1.norm2.scale']!.data]).toEqual(Array(24).fill(1))
  })

  it('is refused with the name and both shapes', async () => {
    await expect(load({ ...state, 'norm.weight': zeros([23]) })).rejects.toThrow(
      "'norm.weight' is [23], the architecture wants [24]",
    )
    await expect(load({ ...state, pos_embed: zeros([1, 7, 24]) })).rejects.toThrow(/pos_embed/)
  })

  it('is refused where neither family’s names are there', async () => {
    await expect(load({ 'conv1.weight': zeros([1]) })).rejects.toThrow(/neither MCMAE .* nor ViT/)
  })

  it('is refused where a ViT has no positions, with what may be given instead', async () => {
    const { pos_embed: _, ...rest } = state
    await expect(load(rest)).rejects.toThrow(
      /ViT without pos_embed: rotary positions \(DINOv3\) .* not supported; files of DINO, DINOv2, MAE and timm/,
    )
  })

  it('may hold a ViT’s positions for another square', async () => {
    const { params } = await load({ ...state, pos_embed: zeros([1, 10, 24]) }, claim(vit))
    expect(numbers(params).posEmbed!.shape).toEqual([1, 10, 24])
  })

  // Sizes that a file only claims must not be allocated: these would be terabytes, or run for minutes.
  const lies: Record<string, [Record<string, HostArray>, Record<string, string>, RegExp]> = {
    'metadata that is no JSON': [state, { univ_config: '{oops' }, /univ_config is not JSON/],
    'metadata that is no object': [state, claim('vit'), /family is "vit"/],
    'metadata of an unknown family': [state, claim({ ...vit, family: 'resnet' }), /family is "resnet"/],
    'a width beyond all models': [state, claim({ ...vit, width: 1e6 }), /width is 1000000, wanted/],
    'a width that the tensors lack': [{}, claim({ ...vit, width: 49152 }), /lacks \d+ of the \d+ numbers/],
    'a depth that is no number': [state, claim({ ...vit, depth: null }), /depth is null, wanted/],
    'heads that do not divide': [state, claim({ ...vit, heads: 5 }), /width 24 is not a multiple of heads 5/],
    'one block named 99999999': [
      { ...state, 'blocks.99999999.norm1.weight': zeros([24]) },
      {},
      /depth is 100000000, wanted/,
    ],
    'half of the blocks': [
      Object.fromEntries(Object.entries(state).filter(([name]) => !name.startsWith('blocks.0.m'))),
      claim({ ...vit, depth: 9 }),
      /lacks \d+ of the \d+ numbers/,
    ],
  }
  for (const [kind, [tensors, metadata, message]] of Object.entries(lies)) {
    it(`is refused at once: ${kind}`, async () => {
      await expect(load(tensors, metadata)).rejects.toThrow(message)
    }, 2000)
  }
})

describe('permute', () => {
  const array: HostArray = {
    shape: [2, 3, 4],
    dtype: 'float32',
    data: Float32Array.from({ length: 24 }, (_, i) => i),
  }

  it('puts every element where its index says', () => {
    const { shape, data } = permute(array, [2, 0, 1])
    expect(shape).toEqual([4, 2, 3])
    for (let i = 0; i < 2; i++)
      for (let j = 0; j < 3; j++)
        for (let k = 0; k < 4; k++) expect(data[k * 6 + i * 3 + j]).toBe(i * 12 + j * 4 + k)
  })

  it('keeps an empty array empty', () => {
    expect(permute(zeros([0, 3]), [1, 0]).shape).toEqual([3, 0])
  })
})
