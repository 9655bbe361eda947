import { rng } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { logitFitter } from './logit-fit'

describe('the start of learned logits', () => {
  it('finds the scale and bias that labels were drawn with', () => {
    const draw = rng(3)
    const fitter = logitFitter()
    for (let batch = 0; batch < 4; batch++) {
      const cosines = Float32Array.from({ length: 50_000 }, () => 2 * draw.uniform() - 1)
      const labels = cosines.map((cosine) => Number(draw.uniform() < 1 / (1 + Math.exp(-(20 * cosine - 9)))))
      fitter.add(cosines, labels)
    }
    const { scale, bias } = fitter.fit()
    expect(scale).toBeGreaterThan(19)
    expect(scale).toBeLessThan(21)
    expect(bias).toBeGreaterThan(-9.5)
    expect(bias).toBeLessThan(-8.5)
  })

  it('is the best: any step aside has a larger loss', () => {
    const cosines = Float32Array.of(0.1, 0.2, 0.4, 0.5, 0.6, 0.9)
    const labels = Float32Array.of(0, 0, 1, 0, 1, 1)
    const fitter = logitFitter()
    fitter.add(cosines, labels)
    const { scale, bias, loss } = fitter.fit()
    const at = (s: number, b: number) =>
      cosines.reduce((sum, c, i) => sum + Math.log1p(Math.exp((s * c + b) * (labels[i]! > 0 ? -1 : 1))), 0) /
      6
    expect(loss).toBeCloseTo(at(scale, bias), 3)
    for (const [ds, db] of [
      [0.3, 0],
      [-0.3, 0],
      [0, 0.3],
      [0, -0.3],
    ] as const)
      expect(at(scale + ds, bias + db)).toBeGreaterThan(loss)
  })

  it('stays finite where a threshold separates the labels', () => {
    const fitter = logitFitter()
    fitter.add(Float32Array.of(0.1, 0.2, 0.8, 0.9), Float32Array.of(0, 0, 1, 1))
    const { scale, bias, loss } = fitter.fit()
    expect([scale, bias].every(Number.isFinite)).toBe(true)
    expect(loss).toBeLessThan(0.01)
  })

  it('refuses labels of one kind', () => {
    const fitter = logitFitter()
    expect(() => fitter.fit()).toThrow(/0 positive and 0 negative/)
    fitter.add(Float32Array.of(0.5), Float32Array.of(1))
    expect(() => fitter.fit()).toThrow(/1 positive and 0 negative/)
    expect(() => fitter.add(Float32Array.of(0.5), new Float32Array(2))).toThrow(/1 cosines and 2 labels/)
  })
})
