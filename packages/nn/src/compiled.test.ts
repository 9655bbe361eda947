import { describe, it } from 'vitest'
import { expectEagerResults } from './testing/agree'
import { layerCases } from './testing/layer-cases'

describe('compiled for the CPU, at random sizes', () => {
  for (const name of Object.keys(layerCases))
    it(`${name} has eager tfjs’ outputs and gradients`, () => expectEagerResults(name, 'cpu'))
})
