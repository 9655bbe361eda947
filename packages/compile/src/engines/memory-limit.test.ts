import { totalmem } from 'node:os'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { compile } from '../compile'
import { memoryLimit, refuseTooLarge } from './memory-limit'

const outer = (n: number) =>
  compile(
    ({ inputs }) => {
      const x = inputs.x as tf.Tensor1D
      return { outputs: { y: tf.sum(tf.exp(tf.outerProduct(x, x))) } }
    },
    { inputs: { x: { shape: [n], dtype: 'float32' } } },
    { engine: 'cpu', lazy: true },
  )

describe('a program that cannot be held', () => {
  it('is refused with what it needs and what there is, from the first byte too many', async () => {
    const graph = await (await outer(1024)).graph() // the product and its exponential: 2 × 4 MB
    refuseTooLarge(graph, 2 * 2 ** 22)
    expect(() => refuseTooLarge(graph, 2 * 2 ** 22 - 1)).toThrow(
      'the program holds 0.01 GB at once, this process may hold 0.01 GB: take a smaller batch',
    )
  })

  it('never reaches the engine', async () => {
    const program = await outer(4_000_000)
    const x = { shape: [4_000_000], dtype: 'float32' as const, data: new Float32Array(4_000_000) }
    await expect(program.run({ x })).rejects.toThrow(/the program holds 119209 GB at once/)
    await program.dispose()
  })

  it('is measured by the machine or by the container', () => {
    expect(memoryLimit()).toBeGreaterThan(2 ** 28)
    expect(memoryLimit()).toBeLessThanOrEqual(totalmem())
  })
})
