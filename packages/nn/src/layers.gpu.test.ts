import { gpuEngine } from '@univ/compile'
import { describe, it } from 'vitest'
import { expectEagerResults } from './testing/agree'
import { layerCases } from './testing/layer-cases'

const gpu = gpuEngine()
console.log('skipped' in gpu ? `nn test:gpu: skipped, ${gpu.skipped}` : `nn test:gpu: on ${gpu.engine}`)

describe.skipIf('skipped' in gpu)('on a GPU engine, at random sizes', () => {
  for (const name of Object.keys(layerCases))
    it(`${name} has eager tfjs’ outputs and gradients`, () =>
      expectEagerResults(name, 'engine' in gpu ? gpu.engine : 'cpu'))
})
