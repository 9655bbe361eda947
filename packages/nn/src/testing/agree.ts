import { expect } from 'vitest'
import { drawCase, runCase } from './layer-cases'

/** The engine's outputs and gradients are those of eager tfjs-cpu, at three draws of the sizes. */
export async function expectEagerResults(name: string, engine: Parameters<typeof runCase>[1]): Promise<void> {
  for (const seed of [1, 2, 3]) {
    const layer = drawCase(name, seed)
    const [ours, eager] = [await runCase(layer, engine), await runCase(layer, 'tfjs:cpu')]
    expect(Object.keys(ours)).toEqual(Object.keys(eager))
    for (const [output, wanted] of Object.entries(eager)) {
      expect(ours[output]!.shape).toEqual(wanted.shape)
      const values = [...wanted.data]
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3)
      values.forEach((value, i) => {
        const error = Math.abs(ours[output]!.data[i]! - value) / largest
        if (!(error < 1e-4))
          expect.fail(`${name}, seed ${seed}, ${output}[${i}]: ${ours[output]!.data[i]}, eager ${value}`)
      })
    }
  }
}
