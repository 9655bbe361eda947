import * as tf from '@tensorflow/tfjs-core'
import { compile, gpuEngine } from '@univ/compile'
import type { HostArray } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { optimiserFeed, optimiserInputs } from './optimiser-feed'
import { trainingProgram } from './training-program'
import { initialState } from './training-state'

const gpu = gpuEngine()
console.log('skipped' in gpu ? `train test:gpu: skipped, ${gpu.skipped}` : `train test:gpu: on ${gpu.engine}`)

const array = (shape: number[], seed: number): HostArray => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
    Math.sin(i * 12.9898 + seed),
  ),
})

describe.skipIf('skipped' in gpu)('AdamW with clipping on a GPU engine', () => {
  it('goes the CPU’s way over four steps', async () => {
    const program = trainingProgram(
      ({ weights, inputs }) => ({
        loss: tf.mean(
          tf.square(tf.matMul(inputs.x as tf.Tensor2D, weights.kernel as tf.Tensor2D)),
        ) as tf.Scalar,
        metrics: {},
      }),
      { clip: 0.05 },
    )
    const losses = async (engine: 'cpu' | 'webgpu') => {
      const compiled = await compile(
        program,
        {
          inputs: { x: { shape: [6, 4], dtype: 'float32' }, ...optimiserInputs() },
          state: initialState({ kernel: array([4, 3], 1) }) as never,
        },
        { engine },
      )
      const seen: number[] = []
      for (let step = 0; step < 4; step++) {
        const feed = { x: array([6, 4], step), ...optimiserFeed(step, { lr: 0.05, weightDecay: 0.05 }) }
        seen.push((await compiled.run(feed)).loss!.data[0]!)
      }
      await compiled.dispose()
      return seen
    }
    const [ours, cpu] = [
      await losses(('engine' in gpu ? gpu.engine : 'cpu') as 'webgpu'),
      await losses('cpu'),
    ]
    ours.forEach((loss, i) => void expect(Math.abs(loss - cpu[i]!)).toBeLessThan(1e-4 * (1 + cpu[i]!)))
  })
})
