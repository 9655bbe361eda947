import * as tf from '@tensorflow/tfjs-core'
import type { HostArray } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { compile } from './compile'
import { gpuEngine } from './engines/available'
import type { Program, Signature } from './program'

const gpu = gpuEngine()
if ('skipped' in gpu) console.log(`compile test:gpu: skipped, ${gpu.skipped}`)
else console.log(`compile test:gpu: on ${gpu.engine}`)

const array = (shape: number[], seed: number): HostArray => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
    Math.sin(i * 12.9898 + seed),
  ),
})

/** Convolution, attention-like products, softmax and a gradient step: what the encoders are made of. */
const program: Program = ({ inputs, state }) => {
  const { filter, kernel } = state as { filter: tf.Tensor4D; kernel: tf.Tensor2D }
  const loss = (f: tf.Tensor, k: tf.Tensor) => {
    const map = tf.relu(tf.depthwiseConv2d(inputs.x as tf.Tensor4D, f as tf.Tensor4D, 1, 'same'))
    const tokens = tf.reshape(map, [2, 36, 8])
    const keys = tf.reshape(
      tf.matMul(tf.reshape(tokens, [72, 8]) as tf.Tensor2D, k as tf.Tensor2D),
      [2, 36, 8],
    )
    return tf.mean(tf.square(tf.matMul(tf.softmax(tf.matMul(tokens, keys, false, true)), tokens)))
  }
  const { value, grads } = tf.valueAndGrads(loss as never)([filter, kernel])
  const [gradFilter, gradKernel] = grads as [tf.Tensor, tf.Tensor]
  return {
    outputs: { loss: value as tf.Tensor },
    state: {
      filter: tf.sub(filter, tf.mul(gradFilter, 0.1)),
      kernel: tf.sub(kernel, tf.mul(gradKernel, 0.1)),
    },
  }
}
const signature: Signature = {
  inputs: { x: { shape: [2, 6, 6, 8], dtype: 'float32' } },
  state: { filter: array([3, 3, 8, 1], 1), kernel: array([8, 8], 2) },
}

describe.skipIf('skipped' in gpu)('on a GPU engine', () => {
  it('five training steps agree with the CPU', async () => {
    const engine = 'engine' in gpu ? gpu.engine : 'cpu'
    const [ours, cpu] = [
      await compile(program, signature, { engine }),
      await compile(program, signature, { engine: 'cpu' }),
    ]
    for (let i = 0; i < 5; i++) {
      const feed = { x: array([2, 6, 6, 8], 10 + i) }
      const [a, b] = [(await ours.run(feed)).loss!.data[0]!, (await cpu.run(feed)).loss!.data[0]!]
      expect(Math.abs(a - b)).toBeLessThan(1e-4 * Math.abs(b))
    }
    await ours.dispose()
    await cpu.dispose()
  })

  it.for(['float16', 'bfloat16'] as const)(
    'five training steps in %s agree with the CPU, where the device has it',
    async (precision, test) => {
      const half = { engine: 'engine' in gpu ? gpu.engine : 'cpu', precision } as const
      if (half.engine.startsWith('tfjs:')) return test.skip(`${half.engine} has no graph to make half`)
      if (precision === 'bfloat16' && half.engine !== 'cuda')
        return test.skip(`bfloat16 is for cuda, not ${half.engine}`)
      const cpu = await compile(program, signature, { ...half, engine: 'cpu' })
      const ours = await compile(program, signature, half)
      for (let i = 0; i < 5; i++) {
        const feed = { x: array([2, 6, 6, 8], 10 + i) }
        const result = await ours.run(feed).catch((error: Error) => {
          if (i > 0 || !/requires f16/.test(error.message)) throw error
          console.log(`compile test:gpu: half precision skipped, ${error.message}`)
          return undefined
        })
        if (!result) return test.skip('the device has no half precision')
        const [a, b] = [result.loss!.data[0]!, (await cpu.run(feed)).loss!.data[0]!]
        expect(Math.abs(a - b)).toBeLessThan(1e-2 * Math.abs(b))
      }
      await ours.dispose()
      await cpu.dispose()
    },
  )
})
