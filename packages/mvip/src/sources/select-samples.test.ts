import { describe, expect, it } from 'vitest'
import type { AnnotatedSample } from './annotated-set'
import { chooseSamples } from './select-samples'

const samples = ['s/a', 's/b', 's/c'].map(
  (id) => ({ id, images: { rgb: `${id}.png` }, split: 'train' }) as unknown as AnnotatedSample,
)
const chosen = (...names: string[]) =>
  chooseSamples('set', samples, { modalities: ['rgb'], only: new Set(names) }).map(({ id }) => id)

describe('a list of samples', () => {
  it('may name some that are not there', () => {
    expect(chosen('a', 's/b', 'x', 'y')).toEqual(['s/a', 's/b'])
  })

  it('is refused where most of its names are no sample’s, and these are named', () => {
    expect(() => chosen('a', 'x', 'y')).toThrow("set: 2 of the 3 listed names are no image's: x, y")
    expect(() => chosen('a', 't', 'u', 'v', 'w', 'x', 'y')).toThrow('t, u, v, w, x, …')
    expect(() => chosen('x')).toThrow('set: no images of those listed; its splits are train')
  })
})
