import { type EngineName, gpuEngine } from '@univ/compile'
import { describe, expect, it } from 'vitest'
import { difference, findProgram, inputs, lossProgram, maps, outputsOn } from './testing/small-detector'

const gpu = gpuEngine()
console.log(
  'skipped' in gpu ? `detect test:gpu: skipped, ${gpu.skipped}` : `detect test:gpu: on ${gpu.engine}`,
)
const engine: EngineName = 'engine' in gpu ? (gpu.engine as EngineName) : 'cpu'

describe.skipIf('skipped' in gpu)('the detector on a GPU engine', () => {
  it('has the CPU’s losses and gradient, masks included', async () => {
    const ours = await outputsOn(lossProgram, inputs, engine)
    const cpu = await outputsOn(lossProgram, inputs, 'cpu')
    for (const name of Object.keys(cpu))
      expect(difference(ours[name]!, cpu[name]!), name).toBeLessThan(name === 'gradient' ? 1e-3 : 1e-4)
  })

  it('finds what the CPU finds', async () => {
    const ours = await outputsOn(findProgram, maps, engine)
    const cpu = await outputsOn(findProgram, maps, 'cpu')
    for (const name of Object.keys(cpu)) expect(difference(ours[name]!, cpu[name]!), name).toBeLessThan(1e-3)
  })
})
