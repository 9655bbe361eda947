import type * as tf from '@tensorflow/tfjs-core'
import { compile, gpuEngine } from '@univ/compile'
import { type HostArray, rng } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { features, initBackbone } from './backbone'
import { type BackboneConfig, mcmaeVariants, vitVariants } from './configs'
import { relativeError } from './golden'

const gpu = gpuEngine()
console.log(
  'skipped' in gpu ? `backbone test:gpu: skipped, ${gpu.skipped}` : `backbone test:gpu: on ${gpu.engine}`,
)

const configs: Record<string, BackboneConfig> = {
  mcmae: { ...mcmaeVariants.tiny, image: 64 },
  vit: { ...vitVariants['tiny/16'], width: 48, depth: 2, image: 64 },
}

describe.skipIf('skipped' in gpu)('encoders on a GPU engine', () => {
  for (const [name, config] of Object.entries(configs)) {
    it(`${name} gives the CPU's tokens`, async () => {
      const params = initBackbone(config, rng(1))
      const images: HostArray = {
        shape: [2, 64, 64, 3],
        dtype: 'float32',
        data: rng(2).fillUniform(new Float32Array(2 * 64 * 64 * 3)),
      }
      const tokens = async (engine: 'cpu' | 'webgpu') => {
        const program = await compile(
          ({ inputs, constants }) => ({
            outputs: { tokens: features(inputs.images as tf.Tensor4D, constants, config).tokens },
          }),
          { inputs: { images }, constants: params },
          { engine },
        )
        const outputs = await program.run({ images })
        await program.dispose()
        return outputs.tokens!
      }
      const engine = ('engine' in gpu ? gpu.engine : 'cpu') as 'webgpu'
      expect(relativeError(await tokens(engine), await tokens('cpu'))).toBeLessThan(1e-4)
    })
  }
})
