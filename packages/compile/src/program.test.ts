import * as tf from '@tensorflow/tfjs-core'
import { type HostArray, hostArray, type Tree } from '@univ/nn'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { compile } from './compile'
import type { InputSpecs, Outputs } from './program'

describe('the types of a program', () => {
  it('follow the signature: ranks of inputs, the form of constants and state, names of outputs', async () => {
    const program = await compile(
      ({ inputs, constants, state }) => {
        expectTypeOf(inputs.images).toEqualTypeOf<tf.Tensor4D>()
        expectTypeOf(inputs.factor).toEqualTypeOf<tf.Scalar>()
        expectTypeOf(inputs.rows).toEqualTypeOf<tf.Tensor2D>()
        expectTypeOf(constants.layers[0].kernel).toEqualTypeOf<tf.Tensor2D>()
        expectTypeOf(state.mean).toEqualTypeOf<tf.Tensor1D>()
        const sums = tf.sum<tf.Tensor1D>(inputs.images, [1, 2, 3])
        const mean = tf.add<tf.Tensor1D>(state.mean, tf.mul(sums, inputs.factor))
        return { outputs: { product: tf.matMul(inputs.rows, constants.layers[0].kernel) }, state: { mean } }
      },
      {
        inputs: {
          images: { shape: [2, 3, 3, 1], dtype: 'float32' },
          factor: { shape: [], dtype: 'float32' },
          rows: { shape: ['n', 2], dtype: 'float32' },
        },
        constants: { layers: [{ kernel: hostArray([2, 1], Float32Array.of(3, 4)) }] },
        state: { mean: hostArray([2], new Float32Array(2)) },
      },
      { engine: 'cpu' },
    )
    const feeds = {
      images: hostArray([2, 3, 3, 1], new Float32Array(18).fill(1)),
      factor: hostArray([], Float32Array.of(0.5)),
      rows: hostArray([1, 2], Float32Array.of(1, 10)),
    }
    const { product } = await program.run(feeds)
    expectTypeOf(product).toEqualTypeOf<HostArray>()
    expect([...product.data]).toEqual([43])
    expect([...(await program.readState()).mean.data]).toEqual([4.5, 4.5])
    // @ts-expect-error an input is missing
    await expect(program.run({ images: feeds.images, factor: feeds.factor })).rejects.toThrow(
      "'rows' is missing",
    )
    // @ts-expect-error there is no such output
    expect((await program.run(feeds)).sum).toBeUndefined()
    await program.dispose()
  })

  it('are general where the signature’s are', () => {
    type Constants = Parameters<
      Parameters<typeof compile<InputSpecs, Tree<HostArray>, Readonly<Record<string, HostArray>>, Outputs>>[0]
    >[0]
    expectTypeOf<Constants['constants']>().toEqualTypeOf<Tree<tf.Tensor>>()
    expectTypeOf<Constants['state']>().toEqualTypeOf<Readonly<Record<string, tf.Tensor>>>()
  })
})
