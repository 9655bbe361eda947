import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { CocoDetection, CocoTruth, CocoTruthSet } from './coco-set'
import { type CocoResult, evaluateCoco } from './evaluate-coco'
import { readCocoDetections, readCocoTruth } from './read-coco'

const golden = (name: string) =>
  readFileSync(new URL(`../../../../../fixtures/golden/coco/${name}`, import.meta.url), 'utf8')

interface Expected {
  readonly stats: Readonly<Record<string, number>>
  readonly per_class_AP: Readonly<Record<string, number>>
}

/** Both sides compute in double precision; the order of sums differs. */
function expectSame(result: CocoResult, expected: Expected) {
  const worst = Math.max(
    ...Object.entries(result.stats).map(([name, value]) => Math.abs(value - expected.stats[name]!)),
    ...result.classes.map(({ name, AP }) => Math.abs(AP - expected.per_class_AP[name]!)),
  )
  expect(Object.keys(result.stats)).toEqual(Object.keys(expected.stats))
  expect(worst).toBeLessThan(1e-12)
}

describe('COCO figures', () => {
  it("are pycocotools' on boxes, with crowds", () => {
    const truth = readCocoTruth(golden('ground-truth.json'), 'ground-truth.json')
    const detections = readCocoDetections(golden('detections.json'), 'detections.json', truth)
    expectSame(evaluateCoco(truth, detections), JSON.parse(golden('expected.json')))
  })

  it("are pycocotools' on masks: polygons, plain and compressed run lengths, crowds", () => {
    const { truth, detections, expected } = JSON.parse(golden('masks.json'))
    const withoutBoxes = detections.map(({ bbox: _, ...rest }: Record<string, unknown>) => rest)
    const score = (given: unknown, kind: 'box' | 'mask') => {
      const set = readCocoTruth(JSON.stringify(truth), 'masks', kind)
      return evaluateCoco(set, readCocoDetections(JSON.stringify(given), 'masks', set, kind), kind)
    }
    expectSame(score(detections, 'box'), expected.box)
    expectSame(score(detections, 'mask'), expected.mask)
    expectSame(score(withoutBoxes, 'mask'), expected.maskWithoutBoxes)
    expectSame(score(withoutBoxes, 'box'), expected.boxOfMask)
  })
})

const truthOf = (id: number, box: CocoTruth['box'], more: Partial<CocoTruth> = {}): CocoTruth => ({
  id,
  image: 1,
  category: 1,
  box,
  area: box[2] * box[3],
  crowd: false,
  ...more,
})
const found = (score: number, box: CocoDetection['box'], image = 1): CocoDetection => ({
  image,
  category: 1,
  box,
  score,
  area: box[2] * box[3],
})
const setOf = (...truths: CocoTruth[]): CocoTruthSet => ({
  images: [{ id: 1, file: 'a' }],
  categories: [{ id: 1, name: 'car' }],
  truths,
})

describe('by hand', () => {
  it('one of two objects found gives 51 of 101 recall points', () => {
    const set = setOf(truthOf(1, [0, 0, 10, 10]), truthOf(2, [50, 0, 10, 10]))
    const { stats } = evaluateCoco(set, [found(0.9, [0, 0, 10, 10])])
    expect(stats.AP).toBeCloseTo(51 / 101, 12)
    expect(stats).toMatchObject({ AR1: 0.5, AR100: 0.5, APm: -1, APl: -1 })
    expect(stats.APs).toBeCloseTo(51 / 101, 12)
  })

  it('a false box before the right one halves precision', () => {
    const boxes = [found(0.9, [50, 50, 10, 10]), found(0.8, [0, 0, 10, 10])]
    expect(evaluateCoco(setOf(truthOf(1, [0, 0, 10, 10])), boxes).stats.AP).toBeCloseTo(0.5, 12)
    expect(evaluateCoco(setOf(truthOf(1, [0, 0, 10, 10])), boxes).stats).toMatchObject({ AR1: 0, AR10: 1 })
  })

  it('a second box on the same object is wrong, on a crowd it does not count', () => {
    const boxes = [found(0.9, [0, 0, 10, 10]), found(0.8, [0, 0, 10, 10])]
    const other = truthOf(2, [50, 0, 10, 10])
    const onObject = evaluateCoco(setOf(truthOf(1, [0, 0, 10, 10]), other), [...boxes, found(0.7, other.box)])
    expect(onObject.stats.AP).toBeCloseTo((51 + 50 * (2 / 3)) / 101, 12)
    const crowd = truthOf(1, [0, 0, 10, 10], { crowd: true })
    expect(evaluateCoco(setOf(crowd, other), [...boxes, found(0.7, other.box)]).stats.AP).toBeCloseTo(1, 12)
  })

  it('counts a box with id 0 as found', () => {
    const set = setOf(truthOf(0, [0, 0, 10, 10]))
    expect(evaluateCoco(set, [found(0.9, [0, 0, 10, 10])]).stats.AP).toBeCloseTo(1, 12)
  })

  it('is 0 without detections and -1 without objects', () => {
    expect(evaluateCoco(setOf(truthOf(1, [0, 0, 9, 9])), []).stats.AP).toBe(0)
    expect(evaluateCoco(setOf(), [found(0.9, [0, 0, 9, 9])]).stats).toMatchObject({ AP: -1, AR100: -1 })
  })
})
