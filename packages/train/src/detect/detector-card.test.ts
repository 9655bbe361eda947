import { detectorVariants } from '@univ/heads'
import { describe, expect, it } from 'vitest'
import { type DetectorCard, readDetectorCard, writeDetectorCard } from './detector-card'

const card: DetectorCard = {
  detector: { ...detectorVariants.base, classes: 2 },
  classes: ['person', 'car'],
  modalities: ['rgb', 'ir'],
  size: [256, 320],
  window: { size: 16, global: [2, 5] },
}
const changed =
  (change: Record<string, unknown>, detector: Record<string, unknown> = {}) =>
  () =>
    readDetectorCard(
      writeDetectorCard({ ...card, detector: { ...card.detector, ...detector }, ...change } as DetectorCard),
    )

describe("a detector's card", () => {
  it('comes back as it was written', () => {
    expect(readDetectorCard(writeDetectorCard(card))).toEqual(card)
    expect(changed({ window: null }, { maskConvs: 4 })()).toMatchObject({ window: null })
    expect(readDetectorCard({})).toBeUndefined()
  })

  it('is refused by field where it cannot be', () => {
    expect(() => readDetectorCard({ univ_detection: '{' })).toThrow(
      'univ_detection: classes is undefined, wanted names',
    )
    expect(changed({ classes: [] })).toThrow('classes is []')
    expect(changed({ classes: ['person'] })).toThrow('detector.classes is 2, wanted 1, the number of classes')
    expect(changed({ modalities: ['sonar'] })).toThrow('modalities is ["sonar"], wanted rgb, ir or both')
    expect(changed({ size: [256] })).toThrow(
      'univ_detection: size is [256], wanted two sides, each a whole number from 1 to 65536',
    )
    expect(changed({ window: { size: 0, global: [] } })).toThrow('window is {"size":0')
    expect(changed({}, { channels: 1e12 })).toThrow(
      'detector.channels is 1000000000000, wanted a whole number from 1 to 65536',
    )
    expect(changed({}, { anchorSizes: [1, 2] })).toThrow('detector.anchorSizes is [1,2], wanted five sides')
    expect(changed({}, { proposalOverlap: 2 })).toThrow(
      'detector.proposalOverlap is 2, wanted a share from 0 to 1',
    )
    expect(changed({}, { anchorRatios: ['x'] })).toThrow(
      'detector.anchorRatios is ["x"], wanted numbers above 0',
    )
  })
})
