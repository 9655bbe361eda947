import { rng } from '@univ/nn'
import type { TokenSet } from '@univ/pccl'
import { expect, it } from 'vitest'
import { openNearest } from './nearest-patches'

/** Patches near the axis of their class, a little off. */
function tokensOf(classes: Int32Array, axes: readonly number[], seed: number): TokenSet {
  const random = rng(seed)
  const data = Float32Array.from({ length: classes.length * 3 }, () => 0.1 * random.uniform())
  classes.forEach((label, i) => {
    data[i * 3 + axes[label]!]! += 1
  })
  return { data, images: 1, grid: [1, classes.length], width: 3 }
}

it('one program answers from every bank, whichever was asked last', async () => {
  const classes = Int32Array.from({ length: 12 }, (_, i) => i % 3)
  const known = Int32Array.from(classes, (label, i) => (i < 2 ? -1 : label))
  const probes = await openNearest(known, 3, {
    width: 3,
    bank: 9,
    neighbours: 3,
    temperature: 0.07,
    engine: 'cpu',
  })
  try {
    const [straight, turned] = [
      [0, 1, 2],
      [1, 2, 0],
    ].map((axes) => probes.fitted(tokensOf(classes, axes, 1)))
    const asked = tokensOf(classes, [0, 1, 2], 2)
    const back = classes.map((label) => (label + 2) % 3) // what stands on the axis of another
    for (let i = 0; i < 2; i++) {
      expect(await straight!(asked)).toEqual(classes)
      expect(await turned!(asked)).toEqual(back)
    }
  } finally {
    await probes.dispose()
  }
})
