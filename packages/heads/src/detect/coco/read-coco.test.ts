import { describe, expect, it } from 'vitest'
import { readCocoDetections, readCocoTruth } from './read-coco'

const good = {
  images: [{ id: 1, file_name: 'a.png', width: 8, height: 6 }],
  categories: [{ id: 3, name: 'car' }],
  annotations: [{ id: 1, image_id: 1, category_id: 3, bbox: [1, 1, 2, 2], area: 4, iscrowd: 0 }],
}
const annotation = good.annotations[0]!
const truth = readCocoTruth(JSON.stringify(good), 'gt.json')
const detection = { image_id: 1, category_id: 3, bbox: [1, 1, 2, 2], score: 0.5 }

const truthWith = (change: Record<string, unknown>) => () =>
  readCocoTruth(JSON.stringify({ ...good, annotations: [{ ...annotation, ...change }] }), 'gt.json')
const masksWith = (segmentation: unknown) => () =>
  readCocoTruth(
    JSON.stringify({ ...good, annotations: [{ ...annotation, segmentation }] }),
    'gt.json',
    'mask',
  )
const detectionsOf = (text: string) => () => readCocoDetections(text, 'dets.json', truth)
const detectionWith = (change: Record<string, unknown>) =>
  detectionsOf(JSON.stringify([detection, { ...detection, ...change }]))

describe('a hostile ground truth', () => {
  it('is refused with file and entry', () => {
    expect(() => readCocoTruth('{"images": [', 'gt.json')).toThrow(/^gt\.json: not valid JSON/)
    expect(() => readCocoTruth('[]', 'gt.json')).toThrow('gt.json: the content is [], wanted an object')
    expect(() => readCocoTruth('{}', 'gt.json')).toThrow('gt.json: images is missing, wanted a list')
    expect(truthWith({ bbox: [1, 2, 3] })).toThrow('annotations[0].bbox is [1,2,3], wanted four finite')
    expect(truthWith({ bbox: [1, 2, -3, 4] })).toThrow('a width and a height of at least 0')
    expect(truthWith({ bbox: ['1', 2, 3, 4] })).toThrow('annotations[0].bbox')
    expect(truthWith({ image_id: 9 })).toThrow(
      'annotations[0].image_id is 9, wanted the id of one of the images',
    )
    expect(truthWith({ category_id: 1 })).toThrow('annotations[0].category_id is 1')
    expect(truthWith({ area: undefined })).toThrow('annotations[0].area is missing')
    expect(truthWith({ iscrowd: 'yes' })).toThrow('annotations[0].iscrowd is "yes", wanted 0 or 1')
    const twice = { ...good, annotations: [annotation, annotation] }
    expect(() => readCocoTruth(JSON.stringify(twice), 'gt.json')).toThrow('annotations[1].id 1 stands twice')
  })

  it('is refused where a mask cannot be one', () => {
    expect(masksWith(undefined)).toThrow('annotations[0].segmentation is missing')
    expect(masksWith([[1, 1, 2]])).toThrow('annotations[0].segmentation[0] is [1,1,2], wanted pairs')
    expect(masksWith([])).toThrow('at least one polygon')
    expect(masksWith({ size: [8, 6], counts: [48] })).toThrow("the image's [6, 8]")
    expect(masksWith({ size: [6, 8], counts: [47] })).toThrow('is 47, wanted runs of 48 pixels')
    expect(masksWith({ size: [6, 8], counts: [49, -1] })).toThrow('is -1')
    expect(masksWith({ size: [6, 8], counts: 'o' })).toThrow('ends inside a number')
    expect(masksWith({ size: [6, 8] })).toThrow(
      'annotations[0].segmentation.counts is missing, wanted a list',
    )
  })
})

describe('hostile detections', () => {
  it('are refused with file and entry', () => {
    expect(detectionsOf('{}')).toThrow('dets.json: the content is {}, wanted a list')
    expect(detectionsOf('[1]')).toThrow('dets.json: [0] is 1, wanted an object')
    expect(detectionWith({ image_id: 2 })).toThrow('dets.json: [1].image_id is 2')
    expect(detectionWith({ category_id: 2 })).toThrow('dets.json: [1].category_id is 2')
    expect(detectionWith({ score: undefined })).toThrow(
      'dets.json: [1].score is missing, wanted a finite number',
    )
    expect(detectionWith({ bbox: undefined })).toThrow('dets.json: [1].bbox is missing')
  })

  it('are refused where Python wrote NaN or Infinity', () => {
    const text = JSON.stringify([detection, { ...detection, score: 'HERE', note: 'NaN' }])
    expect(detectionsOf(text.replace('"HERE"', 'NaN'))).toThrow('[1].score is null or not a number')
    expect(detectionsOf(text.replace('"HERE"', '-Infinity'))).toThrow('[1].score is null or not a number')
    expect(detectionsOf(text.replace('"HERE"', '1e999'))).toThrow('[1].score')
  })

  it('may be none', () => {
    expect(detectionsOf('[]')()).toEqual([])
  })
})
