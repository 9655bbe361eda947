import { describe, expect, it } from 'vitest'
import { cardNormalisation, readCard, type SegmentCard, writeCard } from './segment-card'

const card: SegmentCard = {
  classes: ['road', 'car'],
  ignore: [11],
  remap: { 7: 0, 24: 1 },
  modalities: ['ir'],
  fit: [2048, 512],
  window: 512,
  step: 341,
  irNormalisation: { mean: 108.375, std: 50.7195 },
}

describe('a segmenter’s card', () => {
  it('comes back as it was written; a file without one has none', () => {
    expect(readCard(writeCard(card))).toEqual(card)
    const { remap: _, ...plain } = { ...card, fit: null, window: null, step: null, irNormalisation: null }
    expect(readCard(writeCard(plain))).toEqual(plain)
    expect(readCard({ epoch: '3' })).toBeUndefined()
  })

  it.each([
    ['classes', [], 'names'],
    ['classes', [1], 'names'],
    ['ignore', [300], 'ids from 0 to 255'],
    ['remap', { a: 'b' }, 'a class from 0 to 255 for each id'],
    ['modalities', ['sonar'], 'rgb, ir or both'],
    ['fit', [512], 'null or two sides in pixels'],
    ['window', -1, 'null or a whole number of pixels'],
    ['irNormalisation', { mean: 1, std: 0 }, 'null or { mean, std }'],
  ])('with a bad %s is refused by name', (name, value, wanted) => {
    expect(() => readCard(writeCard({ ...card, [name]: value } as never))).toThrow(
      `univ_segmentation: ${name} is ${JSON.stringify(value)}, wanted ${wanted}`,
    )
  })

  it('that is no JSON is refused', () => {
    expect(() => readCard({ univ_segmentation: '{' })).toThrow('univ_segmentation: classes is undefined')
  })

  it('gives infrared pixels their mean and deviation in shares of 255', () => {
    const { ir } = cardNormalisation(card)
    expect([ir!.mean[0], ir!.std[2]]).toEqual([0.425, 50.7195 / 255])
    expect(cardNormalisation({ irNormalisation: null })).toEqual({})
  })
})
