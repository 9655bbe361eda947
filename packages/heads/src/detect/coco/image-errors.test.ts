import { expect, it } from 'vitest'
import type { CocoTruth } from './coco-set'
import { imageErrors } from './image-errors'

const truth = (id: number, category: number, box: CocoTruth['box'], crowd = false): CocoTruth => ({
  id,
  image: 1,
  category,
  box,
  area: box[2] * box[3],
  crowd,
})
const found = (category: number, score: number, box: CocoTruth['box']) => ({
  image: 1,
  category,
  score,
  box,
  area: box[2] * box[3],
})

it('counts what was found, missed and made up, class by class; crowds do not count', () => {
  const truths = [
    truth(1, 1, [0, 0, 10, 10]),
    truth(2, 2, [20, 0, 10, 10]),
    truth(3, 1, [50, 50, 40, 40], true),
  ]
  const errors = imageErrors(truths, [
    found(1, 0.9, [0, 0, 10, 9]), // right
    found(1, 0.8, [0, 0, 10, 10]), // the object is taken
    found(1, 0.7, [20, 0, 10, 10]), // of another class
    found(1, 0.6, [55, 55, 10, 10]), // in the crowd
    found(2, 0.4, [20, 0, 10, 10]), // too weak
  ])
  expect(errors.found.map(({ score }) => score)).toEqual([0.9])
  expect(errors.wrong.map(({ score }) => score)).toEqual([0.8, 0.7])
  expect([errors.missed, errors.objects]).toEqual([1, 2])
})
