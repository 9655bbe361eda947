import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { compile } from './compile'
import { countWork } from './count-work'

const float = (...shape: number[]) => ({ shape, dtype: 'float32' as const })

describe('counted work', () => {
  it('counts a product, a square and a reshape by hand', async () => {
    const program = await compile(
      ({ inputs: { a, b } }) => {
        const product = tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D) // [2, 4]
        return { outputs: { y: tf.reshape(tf.square(product), [8]) } }
      },
      { inputs: { a: float(2, 3), b: float(3, 4) } },
      { engine: 'cpu' },
    )
    const work = countWork(await program.graph())
    expect(work.nodes).toBe(3)
    expect(work.flops).toBe(2 * 2 * 3 * 4)
    expect(work.byOp.Gemm).toEqual({ nodes: 1, flops: 48, bytes: 4 * (6 + 12 + 8) })
    expect(work.byOp.Mul).toEqual({ nodes: 1, flops: 0, bytes: 4 * 3 * 8 })
    expect(work.byOp.Reshape!.bytes).toBe(0)
    expect(work.intermediateBytes).toBe(4 * 16)
    expect(work.peakBytes).toBe(4 * 16)
    expect(work.constantBytes).toBe(8) // the reshape's argument
    await program.dispose()
  })

  it('lets a buffer go after its last reader', async () => {
    const program = await compile(
      ({ inputs: { x } }) => ({ outputs: { y: tf.exp(tf.sin(tf.exp(tf.sin(x!)))) } }),
      { inputs: { x: float(10) } },
      { engine: 'cpu' },
    )
    const work = countWork(await program.graph())
    expect(work.intermediateBytes).toBe(4 * 40)
    expect(work.peakBytes).toBe(2 * 40)
    await program.dispose()
  })

  it('counts the state that a run reads', async () => {
    const zeros = (size: number) => ({ ...float(size), data: new Float32Array(size) })
    const program = await compile(
      ({ inputs, state }) => ({ outputs: {}, state: { w: tf.add(state.w, inputs.x) } }),
      { inputs: { x: float(10) }, state: { w: zeros(10) } },
      { engine: 'cpu' },
    )
    expect(countWork(await program.graph()).stateBytes).toBe(4 * 10)
    await program.dispose()
  })

  it('counts a convolution by its filter', async () => {
    const program = await compile(
      ({ inputs: { x, f } }) => ({
        outputs: { y: tf.depthwiseConv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, 'same') },
      }),
      { inputs: { x: float(1, 4, 4, 2), f: float(3, 3, 2, 1) } },
      { engine: 'cpu' },
    )
    expect(countWork(await program.graph()).flops).toBe(2 * 4 * 4 * 2 * 9)
    await program.dispose()
  })
})
