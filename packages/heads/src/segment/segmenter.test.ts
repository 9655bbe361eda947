import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-core/dist/register_all_gradients'
import * as tf from '@tensorflow/tfjs-core'
import { type HostArray, mapTree, noisePool, rng, type Tree, toTensor } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { batchNorms, initStatistics } from './batch-norms'
import { initSegmenter, segmenter, segmenterParams } from './segmenter'

await tf.setBackend('cpu')

const random = (shape: number[], seed: number) => {
  const { normal } = rng(seed)
  return tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => normal()),
    shape as [number, number, number, number],
  ) as tf.Tensor4D
}
const config = { head: 'upernet', classes: 5, channels: 6, auxiliaryChannels: 4 } as const
const tensors = (flat: Tree<HostArray>) => mapTree(flat, toTensor)

function run(
  widths: readonly number[],
  stages: readonly tf.Tensor4D[],
  head: 'upernet' | 'linear',
  training = false,
) {
  const weights = initSegmenter({ ...config, head }, widths, rng(1))
  const norms = batchNorms(tensors(initStatistics(weights)) as Record<string, tf.Tensor>, training)
  const params = segmenterParams(tensors(weights))
  const noise = training ? noisePool(tf.tensor1d(rng(2).fillUniform(new Float32Array(99)))) : undefined
  const maps = stages.map((values, i) => ({ stride: stages.length === 1 ? 16 : 4 * 2 ** i, values }))
  return { ...segmenter(maps, params, norms, noise), norms, weights }
}

describe('a segmenter', () => {
  // 48 × 80 pixels: no side is a power of two, and the fourth map does not halve exactly.
  const mcmae = [random([2, 12, 20, 3], 1), random([2, 6, 10, 4], 2), random([2, 3, 5, 5], 3)]
  const vit = [random([2, 3, 5, 7], 4)]

  it('on MCMAE’s three maps makes a fourth, and answers at stride 4', () => {
    const { main, auxiliary, weights } = run([3, 4, 5], mcmae, 'upernet')
    expect(main.shape).toEqual([2, 12, 20, 5])
    expect(auxiliary!.shape).toEqual([2, 3, 5, 5])
    expect(weights['neck.fpn.conv.filter']!.shape).toEqual([3, 3, 5, 5])
  })

  it('on a ViT’s one map makes four, and answers at a quarter of the patch', () => {
    const { main, auxiliary, weights } = run([7], vit, 'upernet')
    expect(main.shape).toEqual([2, 12, 20, 5])
    expect(auxiliary!.shape).toEqual([2, 3, 5, 5])
    expect(weights['neck.fpn1.up1.kernel']!.shape).toEqual([7, 28])
  })

  it('as a linear probe reads the coarsest map alone', () => {
    const { main, auxiliary } = run([3, 4, 5], mcmae, 'linear')
    expect([main.shape, auxiliary]).toEqual([[2, 3, 5, 5], undefined])
  })

  it('renews the statistics of every norm in training, and of none else', () => {
    const before = run([3, 4, 5], mcmae, 'upernet')
    const after = run([3, 4, 5], mcmae, 'upernet', true)
    const names = Object.keys(after.norms.statistics)
    expect(names).toHaveLength(2 * (1 + 4 + 1 + 3 + 3 + 1 + 1))
    for (const name of names) {
      const values = [...after.norms.statistics[name]!.dataSync()]
      expect(
        values.some((value) => value !== Number(name.endsWith('variance'))),
        name,
      ).toBe(true)
      const still = [...before.norms.statistics[name]!.dataSync()]
      expect(
        still.every((value) => value === Number(name.endsWith('variance'))),
        name,
      ).toBe(true)
    }
  })

  it('takes no weights of something else', () => {
    expect(() => segmenterParams({ encoder: { bias: tf.zeros([1]) } })).toThrow('no decodeHead in encoder')
  })

  it('refuses another number of maps, and batches whose pooled cell has no variance', () => {
    expect(() => run([3, 4], mcmae.slice(0, 2), 'upernet')).toThrow('an encoder with 2 maps')
    const one = mcmae.map((map) => tf.slice(map, [0, 0, 0, 0], [1, -1, -1, -1]))
    expect(() => run([3, 4, 5], one, 'upernet', true)).toThrow(
      /\[1,1,1,6\] has one value for each channel.*larger batch/,
    )
  })
})
