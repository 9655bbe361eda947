import type * as tf from '@tensorflow/tfjs-core'
import { compile, gpuEngine } from '@univ/compile'
import { type HostArray, rng } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { neighbourVotes } from './nearest-neighbours'
import { relativeError } from './testing/arrays'

const gpu = gpuEngine()

const random = (shape: [number, number], seed: number): HostArray => {
  const { normal } = rng(seed)
  return { shape, dtype: 'float32', data: Float32Array.from({ length: shape[0] * shape[1] }, () => normal()) }
}

describe.skipIf('skipped' in gpu)('k-NN on a GPU engine', () => {
  it('counts the CPU’s votes', async () => {
    const inputs = {
      queries: random([12, 8], 1),
      bank: random([40, 8], 2),
      labels: {
        shape: [40],
        dtype: 'int32',
        data: Int32Array.from({ length: 40 }, (_, i) => i % 5),
      } as HostArray,
    }
    const votes = async (engine: 'cpu' | 'webgpu') => {
      const program = await compile(
        ({ inputs: given }) => ({
          outputs: {
            votes: neighbourVotes(
              given.queries as tf.Tensor2D,
              given.bank as tf.Tensor2D,
              given.labels as tf.Tensor1D,
              { classes: 5, neighbours: 7 },
            ),
          },
        }),
        { inputs },
        { engine },
      )
      const outputs = await program.run(inputs)
      await program.dispose()
      return outputs.votes!
    }
    const engine = ('engine' in gpu ? gpu.engine : 'cpu') as 'webgpu'
    expect(relativeError(await votes(engine), await votes('cpu'))).toBeLessThan(1e-4)
  })
})
