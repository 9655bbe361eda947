import { gpuEngine } from '@univ/compile'
import { describe, expect, it } from 'vitest'
import { largestDifferences } from './testing/differences'
import { everyModel } from './testing/every-model'

const gpu = gpuEngine()
const engine = 'engine' in gpu ? gpu.engine : undefined
console.log(engine ? `every model test:gpu: on ${engine}` : 'every model test:gpu: skipped, no GPU engine')

/** Of these ONNX Runtime computes something on the CPU: indices in int64, and non-maximum suppression. */
const partlyOnCpu = /^the MAE step|^UPerNet's step|^Mask R-CNN/

describe.skipIf(!engine)('every model and every step of training on a GPU engine', () => {
  for (const [name, run] of Object.entries(everyModel)) {
    const fallback = engine !== 'webgpu' || partlyOnCpu.test(name)
    it(`${name}: the CPU’s numbers${fallback ? '' : ', and nothing is computed on the CPU'}`, async () => {
      const differences = largestDifferences(await run({ engine, fallback }), await run({}))
      for (const [value, difference] of Object.entries(differences))
        expect(difference, value).toBeLessThan(1e-3)
    }, 300_000)
  }

  it.runIf(engine === 'webgpu')('a program that needs the CPU is refused where it may not', async () => {
    await expect(everyModel["Mask R-CNN's step on ViT"]!({ engine, fallback: false })).rejects.toThrow(
      /fallback/i,
    )
  })
})
