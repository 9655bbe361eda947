import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { adamW, biasCorrections, isDecayed } from './adamw'
import { clipFactor } from './clip'

const scalars = (step: number) => ({
  lr: tf.scalar(0.1),
  weightDecay: tf.scalar(0.5),
  correction1: tf.scalar(biasCorrections(step).correction1),
  correction2: tf.scalar(biasCorrections(step).correction2),
})

describe('adamW', async () => {
  await tf.setBackend('cpu')
  const start = () => ({
    weight: tf.tensor1d([1, -2]),
    first: tf.zeros([2]),
    second: tf.zeros([2]),
  })

  it('moves by the learning rate against the sign of a first gradient, after the decay', () => {
    const { weight, first, second } = adamW(start(), tf.tensor1d([4, -0.25]), scalars(0), { decay: true })
    // 1 · (1 - 0.1 · 0.5) - 0.1 = 0.85; -2 · 0.95 + 0.1 = -1.8
    expect([...weight.dataSync()]).toEqual([expect.closeTo(0.85, 6), expect.closeTo(-1.8, 6)])
    expect([...first.dataSync()]).toEqual([expect.closeTo(0.4, 6), expect.closeTo(-0.025, 6)])
    expect([...second.dataSync()]).toEqual([expect.closeTo(0.016, 7), expect.closeTo(0.0000625, 9)])
  })

  it('gives the hand-worked second step, without decay', () => {
    const once = adamW(start(), tf.tensor1d([1, 1]), scalars(0), { decay: false })
    const { weight } = adamW(once, tf.tensor1d([-1, 3]), scalars(1), { decay: false })
    // m = (0.9·0.1 ± …)/0.19, v = (0.999·0.001 + …)/0.001999
    const second = (m: number, v: number) => (0.1 * (m / 0.19)) / (Math.sqrt(v / 0.001999) + 1e-8)
    const wanted = [0.9 - second(-0.01, 0.001999), -2.1 - second(0.39, 0.009999)]
    wanted.forEach((value, i) => void expect(weight.dataSync()[i]).toBeCloseTo(value, 5))
  })

  it('takes a clipped gradient as the factor times the gradient', () => {
    const [gradient, factor] = [tf.tensor1d([3, -4]), tf.scalar(0.2)]
    const clipped = adamW(start(), tf.mul(gradient, factor), scalars(2), { decay: true })
    const factored = adamW(start(), gradient, scalars(2), { decay: true, gradientScale: factor })
    for (const key of ['weight', 'first', 'second'] as const)
      [...clipped[key].dataSync()].forEach((value, i) => {
        expect(factored[key].dataSync()[i]).toBeCloseTo(value, 6)
      })
  })

  it('decays matrices and filters, but neither biases nor vectors', () => {
    expect(isDecayed('lora.blocks3.0.attn.qkv.down', [96, 4])).toBe(true)
    expect(isDecayed('encoder.blocks1.0.attn.depthwiseFilter', [5, 5, 32, 1])).toBe(true)
    expect(isDecayed('encoder.norm.scale', [96])).toBe(false)
    expect(isDecayed('encoder.patchEmbed4.bias', [96])).toBe(false)
    expect(isDecayed('logits.logScale', [])).toBe(false)
  })
})

describe('clipping', async () => {
  await tf.setBackend('cpu')
  const clip = (values: number[], limit: number) => {
    const gradient = tf.tensor1d(values)
    return [...tf.mul(gradient, clipFactor(tf.norm(gradient), limit)).dataSync()]
  }

  it('shrinks a long gradient to the limit and leaves a short one alone', () => {
    expect(clip([3, 4], 1)).toEqual([expect.closeTo(0.6, 5), expect.closeTo(0.8, 5)])
    expect(clip([0.3, 0.4], 1)).toEqual([expect.closeTo(0.3, 7), expect.closeTo(0.4, 7)])
    expect(clip([0, 0], 1)).toEqual([0, 0])
  })
})
