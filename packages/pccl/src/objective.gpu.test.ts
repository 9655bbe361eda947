import * as tf from '@tensorflow/tfjs-core'
import { compile, gpuEngine } from '@univ/compile'
import type { HostArray } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { pcclObjective } from './objective'
import { similarityPseudoLabels } from './pseudo-label'

const gpu = gpuEngine()
console.log('skipped' in gpu ? `pccl test:gpu: skipped, ${gpu.skipped}` : `pccl test:gpu: on ${gpu.engine}`)

const tokens = (seed: number): HostArray => ({
  shape: [2, 16, 8],
  dtype: 'float32',
  data: Float32Array.from({ length: 256 }, (_, i) => Math.sin(i * 12.9898 + seed)),
})

describe.skipIf('skipped' in gpu)('the objective on a GPU engine', () => {
  it('has the CPU’s loss and gradient', async () => {
    const inputs = { rgb: tokens(1), ir: tokens(2), anchors: tokens(3) }
    const run = async (engine: 'cpu' | 'webgpu') => {
      const program = await compile(
        ({ inputs: given }) => {
          const anchors = given.anchors as tf.Tensor3D
          const labels = similarityPseudoLabels(anchors)
          const loss = (ir: tf.Tensor) =>
            pcclObjective({ rgb: given.rgb as tf.Tensor3D, ir: ir as tf.Tensor3D, anchors, labels }).total
          const { value, grad } = tf.valueAndGrad(loss)(given.ir!)
          return { outputs: { loss: value, gradient: grad } }
        },
        { inputs },
        { engine },
      )
      const outputs = await program.run(inputs)
      await program.dispose()
      return [outputs.loss!.data[0]!, ...outputs.gradient!.data]
    }
    const [ours, cpu] = [await run(('engine' in gpu ? gpu.engine : 'cpu') as 'webgpu'), await run('cpu')]
    ours.forEach(
      (value, i) => void expect(Math.abs(value - cpu[i]!)).toBeLessThan(1e-4 * (1 + Math.abs(cpu[i]!))),
    )
  })
})
