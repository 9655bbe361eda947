import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-core/dist/register_all_gradients'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import {
  flattenTree,
  type HostArray,
  mapTree,
  noisePool,
  rng,
  type Tree,
  toTensor,
  unflattenTree,
} from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { features, initBackbone } from './backbone'
import { type BackboneConfig, mcmaeVariants, vitVariants } from './configs'
import { fineTuned } from './fine-tuning'
import { loadBackbone, saveBackbone } from './load'
import { relativeIndex, relativePositionBias } from './relative-position'
import { depthRate } from './transformer-block'

await tf.setBackend('cpu')

const configs: Record<string, BackboneConfig> = {
  mcmae: { ...mcmaeVariants.tiny, image: 48, widths: [4, 6, 8], decoder: undefined },
  vit: { ...vitVariants['tiny/16'], width: 12, heads: 3, depth: 2, image: 48, registers: 1 },
}
const options = { relativePosition: 3, layerScale: 1, epsilon: 1e-5 }

const images = (height: number, width: number) =>
  tf.tensor4d(rng(3).fillUniform(new Float32Array(height * width * 3)), [1, height, width, 3])
const tokensOf = (
  encoder: { config: BackboneConfig; params: Tree<HostArray> },
  given = images(48, 48),
  extra?: Parameters<typeof features>[3],
) => features(given, mapTree(encoder.params, toTensor), encoder.config, extra).tokens.dataSync()

/** The same encoder with other numbers in every table of relative positions. */
function biased({ config, params }: { config: BackboneConfig; params: Tree<HostArray> }) {
  const flat = flattenTree(params) as Record<string, HostArray>
  const changed = Object.entries(flat).map(([path, array]) => {
    if (!path.endsWith('relativePositionBiasTable')) return [path, array] as const
    return [path, { ...array, data: Float32Array.from(array.data, (_, i) => Math.sin(i)) }] as const
  })
  return { config, params: unflattenTree(Object.fromEntries(changed)) }
}

describe.each(Object.entries(configs))('%s made ready for fine-tuning', (_, config) => {
  const plain = { config, params: initBackbone(config, rng(1)) }
  const tuned = fineTuned(plain, options)

  it('answers as before, but for the epsilon', () => {
    const same = fineTuned(plain, { ...options, epsilon: undefined })
    expect([...tokensOf(same)]).toEqual([...tokensOf(plain)])
    expect([...tokensOf(tuned)]).not.toEqual([...tokensOf(plain)])
    expect(tuned.config).toMatchObject({ relativePosition: 3, layerScale: true, epsilon: 1e-5 })
  })

  it('has a table for every block, which changes the answer, at other image sizes too', () => {
    const moved = biased(tuned)
    for (const size of [images(48, 48), images(32, 64)])
      expect([...tokensOf(moved, size)]).not.toEqual([...tokensOf(tuned, size)])
  })

  it('is saved and read with all of it', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'tuned-')), 'encoder.safetensors')
    const moved = biased(tuned)
    await saveBackbone(file, moved.params, moved.config)
    const read = await loadBackbone(file)
    expect([read.missing, read.unexpected, read.config]).toEqual([
      [],
      [],
      JSON.parse(JSON.stringify(moved.config)),
    ])
    expect([...tokensOf(read)]).toEqual([...tokensOf(moved)])
  })

  it('keeps what it had when made ready again', () => {
    const moved = biased(tuned)
    const again = fineTuned(moved, { relativePosition: 5, layerScale: 1 })
    expect(again.config).toEqual(moved.config)
    expect([...tokensOf(again)]).toEqual([...tokensOf(moved)])
  })

  it('drops whole branches in training', () => {
    const noise = () => noisePool(tf.tensor1d(rng(9).fillUniform(new Float32Array(64))))
    const dropped = tokensOf(tuned, undefined, { dropPath: 0.9, noise: noise() })
    expect([...dropped]).toEqual([...tokensOf(tuned, undefined, { dropPath: 0.9, noise: noise() })])
    expect([...dropped]).not.toEqual([...tokensOf(tuned)])
  })
})

describe('relative positions', () => {
  it('number displacements as Swin does: rows first, from the farthest up and left', () => {
    // Two rows of two patches: nine displacements; equal places have the middle one.
    expect([...relativeIndex([2, 2])]).toEqual([4, 3, 1, 0, 5, 4, 2, 1, 7, 6, 4, 3, 8, 7, 5, 4])
  })

  it('leave class and register tokens alone', () => {
    const table = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8, 9], [9, 1])
    const index = tf.tensor1d(relativeIndex([2, 2]), 'int32')
    const bias = relativePositionBias(table, index, [2, 2], 1)
    expect(bias.shape).toEqual([1, 5, 5])
    expect([...bias.dataSync()].slice(0, 12)).toEqual([0, 0, 0, 0, 0, 0, 5, 4, 2, 1, 0, 6])
  })

  it('of the authors’ names make a fine-tuned configuration', async () => {
    const config = configs.mcmae!
    const file = join(mkdtempSync(join(tmpdir(), 'tuned-')), 'encoder.safetensors')
    await saveBackbone(
      file,
      fineTuned({ config, params: initBackbone(config, rng(1)) }, options).params,
      config,
    )
    const { tensors } = await (await import('@univ/checkpoint')).readSafetensors(file)
    const renamed = new Map(
      [...tensors].map(([name, tensor]) => [name.replace(/\.ls(\d)\.gamma/, '.gamma_$1'), tensor]),
    )
    const read = await loadBackbone({ format: 'safetensors', tensors: renamed, metadata: {} } as never, {
      heads: 4,
    })
    expect(read.config).toMatchObject({ relativePosition: 3, layerScale: true, epsilon: 1e-5 })
    expect([read.missing, read.unexpected]).toEqual([[], []])
  })
})

it('the rate of stochastic depth rises over all blocks', () => {
  expect([0, 1, 4].map((i) => depthRate(0.2, i, 5))).toEqual([0, 0.05, 0.2])
  expect(depthRate(0.2, 0, 1)).toBe(0)
})
