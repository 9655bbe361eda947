import * as tf from '@tensorflow/tfjs-core'
import { compile, gpuEngine } from '@univ/compile'
import { type HostArray, rng, type Tree, unflattenTree } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { batchNorms, initStatistics } from './batch-norms'
import { pixelLoss } from './loss'
import { initSegmenter, type SegmenterParams, segmenter } from './segmenter'
import { relativeError } from './testing/arrays'

const gpu = gpuEngine()
console.log(
  'skipped' in gpu
    ? `heads/segment test:gpu: skipped, ${gpu.skipped}`
    : `heads/segment test:gpu: on ${gpu.engine}`,
)

const random = (shape: number[], seed: number): HostArray => {
  const { normal } = rng(seed)
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => normal())
  return { shape, dtype: 'float32', data }
}

const encoders: Record<string, { widths: number[]; maps: HostArray[] }> = {
  MCMAE: {
    widths: [4, 6, 8],
    maps: [random([2, 12, 16, 4], 1), random([2, 6, 8, 6], 2), random([2, 3, 4, 8], 3)],
  },
  ViT: { widths: [8], maps: [random([2, 3, 4, 8], 4)] },
}

describe.skipIf('skipped' in gpu)('segmentation heads on a GPU engine', () => {
  const heads = ['upernet', 'linear'] as const
  const cases = Object.entries(encoders).flatMap(([name, of]) => heads.map((head) => ({ name, head, ...of })))

  it.each(cases)(
    '$head on $name’s maps: the CPU’s logits, loss, gradient and statistics',
    async ({ head, widths, maps }) => {
      const weights = initSegmenter({ head, classes: 5, channels: 8, auxiliaryChannels: 4 }, widths, rng(1))
      const constants = { weights, statistics: initStatistics(weights) } as unknown as Tree<HostArray>
      const labels = Int32Array.from({ length: 2 * 48 * 64 }, (_, i) => (i % 11 === 0 ? 255 : i % 5))
      const inputs: Record<string, HostArray> = {
        labels: { shape: [2, 48, 64], dtype: 'int32', data: labels },
        ...Object.fromEntries(maps.map((map, i) => [`map${i}`, map])),
      }
      const run = async (engine: 'cpu' | 'webgpu') => {
        const program = await compile(
          ({ inputs: given, constants: frozen }) => {
            const { weights: flat, statistics } = frozen as unknown as Record<
              string,
              Record<string, tf.Tensor>
            >
            const params = unflattenTree(flat!) as unknown as SegmenterParams
            const pass = (...values: tf.Tensor[]) => {
              const norms = batchNorms(statistics!, true)
              const stages = values.map((map, i) => ({ stride: 4 * 2 ** i, values: map as tf.Tensor4D }))
              return { ...segmenter(stages, params, norms), statistics: norms.statistics }
            }
            const all = maps.map((_, i) => given[`map${i}`]!)
            const [finer, coarsest] = [all.slice(0, -1), all.at(-1)!]
            // The linear head looks at the coarsest map alone.
            const loss = (last: tf.Tensor) =>
              pixelLoss(pass(...finer, last).main, given.labels as tf.Tensor3D).loss
            const { value, grad } = tf.valueAndGrad(loss)(coarsest)
            const { main, auxiliary, statistics: renewed } = pass(...all)
            const some = Object.entries(renewed).slice(0, 6)
            return {
              outputs: {
                loss: value,
                main,
                gradient: grad,
                ...(auxiliary ? { auxiliary } : {}),
                ...Object.fromEntries(some),
              },
            }
          },
          { inputs, constants },
          { engine },
        )
        const outputs = await program.run(inputs)
        await program.dispose()
        return outputs
      }
      const [ours, cpu] = [await run(('engine' in gpu ? gpu.engine : 'cpu') as 'webgpu'), await run('cpu')]
      expect(Object.keys(ours).length).toBeGreaterThan(4)
      for (const [name, array] of Object.entries(cpu))
        expect(relativeError(ours[name as keyof typeof ours]!, array), name).toBeLessThan(1e-3)
    },
  )
})
