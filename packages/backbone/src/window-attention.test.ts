import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-core/dist/register_all_gradients'
import * as tf from '@tensorflow/tfjs-core'
import { attention, mapTree, rng, toTensor } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { checkGradient, random } from '../../nn/src/testing/checks'
import { features, initBackbone } from './backbone'
import { mcmaeVariants, vitVariants } from './configs'
import { windowAttention } from './window-attention'

await tf.setBackend('cpu')

const [width, heads] = [4, 2]
const params = {
  qkv: { kernel: random([width, 3 * width], 1) as tf.Tensor2D, bias: random([3 * width], 2) as tf.Tensor1D },
  proj: { kernel: random([width, width], 3) as tf.Tensor2D },
}
const worst = (a: tf.Tensor, b: tf.Tensor) => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!

describe('window attention', () => {
  it('is attention where one window holds everything', () => {
    const x = random([2, 12, width]) as tf.Tensor3D
    const windowed = windowAttention(x, params, heads, { size: 5, grid: [3, 4], prefix: 0 })
    const whole = attention(x, params, heads)
    expect(worst(windowed.tokens, whole.tokens)).toBeLessThan(1e-6)
    expect(worst(windowed.keys, whole.keys)).toBeLessThan(1e-6)
  })

  it('is attention of every window by itself, smaller ones at the edges too', () => {
    const [rows, columns, size] = [3, 5, 2]
    const x = random([2, rows * columns, width]) as tf.Tensor3D
    const { tokens } = windowAttention(x, params, heads, { size, grid: [rows, columns], prefix: 0 })
    for (let top = 0; top < rows; top += size)
      for (let left = 0; left < columns; left += size) {
        const places: number[] = []
        for (let row = top; row < Math.min(rows, top + size); row++)
          for (let column = left; column < Math.min(columns, left + size); column++)
            places.push(row * columns + column)
        const own = tf.gather(x, places, 1) as tf.Tensor3D
        expect(worst(tf.gather(tokens, places, 1), attention(own, params, heads).tokens)).toBeLessThan(1e-6)
      }
  })

  it('leaves the tokens before the patches to themselves', () => {
    const x = random([1, 2 + 4, width]) as tf.Tensor3D
    const { tokens } = windowAttention(x, params, heads, { size: 2, grid: [2, 2], prefix: 2 })
    const first = attention(tf.slice(x, [0, 0, 0], [1, 2, width]), params, heads).tokens
    expect(worst(tf.slice(tokens, [0, 0, 0], [1, 2, width]), first)).toBeLessThan(1e-6)
  })

  it('has the gradient that differences show', () => {
    const windows = { size: 2, grid: [2, 3] as const, prefix: 0 }
    checkGradient(
      (x) => windowAttention(x as tf.Tensor3D, params, heads, windows).tokens,
      [random([1, 6, width])],
    )
  })
})

describe('an encoder with windows', () => {
  const images = random([1, 64, 96, 3]) as tf.Tensor4D
  const cases = {
    mcmae: { ...mcmaeVariants.tiny, image: 96 },
    vit: { ...vitVariants['tiny/16'], image: 96, width: 24, depth: 2, heads: 2 },
  }
  for (const [name, config] of Object.entries(cases)) {
    it(`${name}: blocks named global look everywhere, others do not`, () => {
      const weights = mapTree(initBackbone(config, rng(1)), toTensor)
      const tokens = (global: number[], size: number) =>
        features(images, weights, config, { window: { size, global } }).patchTokens
      const whole = features(images, weights, config).patchTokens
      expect(worst(tokens([0, 1], 2), whole)).toBe(0)
      if (name === 'mcmae') expect(worst(tokens([], 6), whole)).toBeLessThan(1e-4)
      expect(worst(tokens([1], 2), whole)).toBeGreaterThan(1e-3)
    })
  }
})
