import { expect, it } from 'vitest'
import { chosenPatches } from './chosen-patches'
import { percent, points } from './figures'
import { projectTokens } from './projection'

it('writes figures with their sign', () => {
  expect([percent(0.599), percent(undefined)]).toEqual(['59.9 %', '–'])
  expect([points(0.023), points(-0.023), points(-0.0001)]).toEqual([
    '+2.3 points',
    '−2.3 points',
    '+0.0 points',
  ])
})

it('patches are chosen where there is contrast, apart from each other', () => {
  // 4×4 patches of 2×2 pixels; patches 5 and 6 (neighbours) and 15 vary, 5 most.
  const image = new Float32Array(8 * 8 * 3)
  const set = (patch: number, value: number) => {
    image[3 * (Math.floor(patch / 4) * 2 * 8 + (patch % 4) * 2)] = value
  }
  set(5, 3)
  set(6, 2)
  set(15, 1)
  expect(chosenPatches(image, 8, [4, 4], 2)).toEqual([5, 6])
  expect(chosenPatches(image, 8, [4, 4], 3).sort((a, b) => a - b)).toEqual([5, 6, 15])
})

it('the projection finds the axis along which modalities differ', () => {
  const tokens = (offset: number) => ({
    images: 1,
    grid: [2, 2] as const,
    width: 3,
    data: Float32Array.from({ length: 12 }, (_, i) =>
      i % 3 === 0 ? offset : i % 3 === 1 ? Math.floor(i / 3) / 10 : 0,
    ),
  })
  const { rgb, ir, share } = projectTokens(tokens(5), tokens(-5))
  expect(share).toBeCloseTo(1, 6)
  for (const [x] of rgb) expect(Math.abs(x)).toBeCloseTo(5, 3)
  expect(Math.sign(rgb[0]![0])).toBe(-Math.sign(ir[0]![0]))
})
