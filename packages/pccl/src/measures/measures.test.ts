import { rng } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { clusterTokens } from './clusters'
import { labelQuality } from './label-quality'
import { fitProbe, majorityShare, probeAccuracy } from './probe'
import { patchRetrieval, positionBaseline } from './retrieval'
import { alignedCosine, linearCka, separability } from './similarity'
import type { TokenSet } from './token-set'

const noise = (i: number, seed: number) => rng(seed, i).normal()
const set = (
  images: number,
  grid: readonly [number, number],
  width: number,
  value: (i: number) => number,
): TokenSet => ({
  images,
  grid,
  width,
  data: Float32Array.from({ length: images * grid[0] * grid[1] * width }, (_, i) => value(i)),
})

describe('retrieval', () => {
  const rgb = set(2, [4, 5], 8, (i) => noise(i, 1))

  it('finds every patch in an equal set, both ways', () => {
    const { irToRgb, rgbToIr } = patchRetrieval(rgb, rgb)
    expect([irToRgb.top1, rgbToIr.top1, irToRgb.queries]).toEqual([1, 1, 40])
  })

  it('follows content under a shift, where position misleads', () => {
    // Infrared shows at (r, c) what RGB shows at (r + 1, c + 2).
    const ir: TokenSet = {
      ...rgb,
      data: Float32Array.from(rgb.data, (_, i) => {
        const [c, token, image] = [i % 8, Math.floor(i / 8) % 20, Math.floor(i / 160)]
        const [row, column] = [Math.floor(token / 5) + 1, (token % 5) + 2]
        return row < 4 && column < 5 ? rgb.data[image * 160 + (row * 5 + column) * 8 + c]! : noise(i, 9)
      }),
    }
    const shift = { rows: 1, columns: 2 }
    const { irToRgb, rgbToIr } = patchRetrieval(rgb, ir, shift)
    expect([irToRgb.queries, irToRgb.top1, rgbToIr.top1]).toEqual([2 * 3 * 3, 1, 1])
    expect(positionBaseline(rgb, shift).top1).toBe(0)
    expect(positionBaseline(rgb).top1).toBe(1)
  })

  it.each([
    [4, 0],
    [0, -5],
    [0.5, 0],
  ])('refuses a shift of %s,%s that leaves nothing to ask', (rows, columns) => {
    const wrong = `a shift of ${rows},${columns} patches on a grid of 4×5; whole numbers up to 3,4`
    expect(() => patchRetrieval(rgb, rgb, { rows, columns })).toThrow(`patchRetrieval: ${wrong}`)
    expect(() => positionBaseline(rgb, { rows, columns })).toThrow(`positionBaseline: ${wrong}`)
  })
})

describe('similarity', () => {
  const a = set(3, [4, 4], 6, (i) => noise(i, 1))

  it('CKA is 1 for a scaled copy and small for unrelated tokens', () => {
    expect(linearCka(a, { ...a, data: a.data.map((value) => 3 * value) })).toBeCloseTo(1, 6)
    expect(
      linearCka(
        a,
        set(3, [4, 4], 6, (i) => noise(i, 5)),
      ),
    ).toBeLessThan(0.5)
  })

  it('cosine is that of corresponding patches', () => {
    expect(alignedCosine(a, { ...a, data: a.data.map((value) => -value) })).toBeCloseTo(-1, 6)
  })

  it('separability is between over within', () => {
    const two: TokenSet = { images: 1, grid: [2, 2], width: 1, data: Float32Array.of(0, 2, 10, 12) }
    expect(separability(two, Int32Array.of(0, 0, 1, 1))).toBeCloseTo(100 / 4, 6)
  })

  it('refuses sets of different images', () => {
    expect(() =>
      linearCka(
        a,
        set(2, [4, 4], 6, () => 0),
      ),
    ).toThrow(/3 images.*against 2 images/)
  })
})

describe('a probe', () => {
  const labels = Int32Array.from({ length: 300 }, (_, i) => i % 3)
  const tokens = set(3, [10, 10], 4, (i) => (i % 4 === Math.floor(i / 4) % 3 ? 2 : 0) + noise(i, 2) / 2)

  it('separates what is separable, and repeats exactly', () => {
    const probe = fitProbe(tokens, labels, 3)
    expect(probeAccuracy(probe, tokens, labels)).toBeGreaterThan(0.97)
    expect(fitProbe(tokens, labels, 3).weights).toEqual(probe.weights)
  })

  it('does not transfer to tokens that say something else', () => {
    const turned = set(
      3,
      [10, 10],
      4,
      (i) => (i % 4 === (Math.floor(i / 4) + 1) % 3 ? 2 : 0) + noise(i, 3) / 2,
    )
    expect(probeAccuracy(fitProbe(tokens, labels, 3), turned, labels)).toBeLessThan(0.2)
  })

  it('leaves out tokens without class', () => {
    const partly = labels.map((label, i) => (i < 150 ? label : -1))
    expect(probeAccuracy(fitProbe(tokens, partly, 3), tokens, partly)).toBeGreaterThan(0.95)
    expect(majorityShare(Int32Array.of(1, 1, 2, -1))).toBeCloseTo(2 / 3)
    expect(majorityShare(Int32Array.of(0, 0, 0, 1))).toBe(3 / 4)
  })
})

describe('pseudo-label quality', () => {
  it('counts positives, distances, empty rows and hits', () => {
    // Two patches side by side: the first chooses the second, the second nothing.
    const quality = labelQuality(Float32Array.of(0, 1, 0, 0), [1, 2], Int32Array.of(3, 3))
    expect(quality).toEqual({ positiveRate: 0.25, distance: 1, emptyRows: 0.5, precision: 1, baseRate: 1 })
  })
})

it('clusters come out the same and apart', () => {
  const tokens: TokenSet = { images: 1, grid: [2, 2], width: 1, data: Float32Array.of(0, 10, 0.5, 10.5) }
  const classes = clusterTokens(tokens, 2)
  expect([classes[0] === classes[2], classes[1] === classes[3], classes[0] === classes[1]]).toEqual([
    true,
    true,
    false,
  ])
})
