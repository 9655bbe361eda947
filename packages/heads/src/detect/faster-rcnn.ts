import * as tf from '@tensorflow/tfjs-core'
import type { FeatureMap } from '@univ/backbone'
import type { HostArray, Rng, Tree } from '@univ/nn'
import { namedParams } from '../named-params'
import { boxHeadWeights, decodeBoxes } from './box-coding'
import { type BoxHeadParams, boxHead, boxHeadLosses, boxRegionSize, initBoxHead } from './box-head'
import { clipBoxes } from './boxes'
import {
  anchorsEach,
  checkImageSize,
  type DetectorConfig,
  pyramidStrides,
  type StageShape,
} from './detector-config'
import { featurePyramid, initPyramid, type PyramidParams } from './feature-pyramid'
import { initMaskHead, type MaskHeadParams, maskLoss, regionMasks } from './mask-head'
import type { TruthSlots } from './match'
import { sampleRegions } from './regions'
import { pyramidRoiAlign } from './roi-align'
import { initRpn, propose, type RpnParams, rpn, rpnLosses, suppressed } from './rpn'

/** Faster R-CNN; with `maskHead` Mask R-CNN. */
export interface DetectorParams {
  readonly pyramid: PyramidParams
  readonly rpn: RpnParams
  readonly boxHead: BoxHeadParams
  readonly maskHead?: MaskHeadParams
}

/**
 * A tree of weights as `initDetector` gives it, or a flat record of them, by what they are for.
 * @throws ShapeError where they are of no detector.
 */
export function detectorParams(weights: Tree<tf.Tensor>): DetectorParams {
  return namedParams(weights, ['pyramid', 'rpn', 'boxHead'], 'detectorParams') as DetectorParams
}

/** Objects of a batch in a fixed number of slots for each image. */
export interface BatchTruth {
  /** [left, top, right, bottom] in pixels, `[batch, slots, 4]`; zeros in empty slots. */
  readonly boxes: tf.Tensor3D
  /** `[batch, slots]` int32 */
  readonly classes: tf.Tensor2D
  /** 1 where the slot holds an object, `[batch, slots]`. */
  readonly valid: tf.Tensor2D
  /** Where the mask head is trained: 0 and 1 at a whole fraction of the image's resolution, `[batch, slots, rows, columns]`. */
  readonly masks?: tf.Tensor4D
}

/** What is minimised; `total` is the sum of the others. */
export interface DetectionLosses {
  readonly total: tf.Scalar
  readonly rpnObjectness: tf.Scalar
  readonly rpnBoxes: tf.Scalar
  readonly classes: tf.Scalar
  readonly boxes: tf.Scalar
  readonly masks?: tf.Scalar
  /** Share of sampled regions whose class is right; no part of the total. */
  readonly regionAccuracy: tf.Scalar
}

/** Random weights. @param stages The backbone's maps, finest first. */
export function initDetector(
  config: DetectorConfig,
  stages: readonly StageShape[],
  rng: Rng,
): Tree<HostArray> {
  return {
    pyramid: initPyramid(stages, config.channels, rng),
    rpn: initRpn(config, rng),
    boxHead: initBoxHead(config, rng),
    ...(config.maskConvs === null ? {} : { maskHead: initMaskHead(config, config.maskConvs, rng) }),
  }
}

const sizeOf = ({ values, stride }: FeatureMap) =>
  [values.shape[1] * stride, values.shape[2] * stride] as const

function forward(stages: readonly FeatureMap[], params: DetectorParams, config: DetectorConfig) {
  const size = sizeOf(stages[0]!)
  checkImageSize(size)
  const levels = featurePyramid(stages, params.pyramid)
  const output = rpn(levels, params.rpn, config)
  const images = Array.from({ length: stages[0]!.values.shape[0] }, (_, image) => image)
  const proposals = images.map((image) => propose(output, image, size, config))
  // Regions are read from all levels but the thinned one, which serves large anchors only.
  return { size, output, proposals, maps: levels.slice(0, pyramidStrides.length) }
}

/** Anchors of an image of this size: how many random numbers the RPN's sample takes. */
export function anchorCount(
  [height, width]: readonly [number, number],
  config: Pick<DetectorConfig, 'anchorRatios' | 'anchorScales'>,
): number {
  checkImageSize([height, width])
  return [...pyramidStrides, 64].reduce(
    (sum, stride) => sum + Math.ceil(height / stride) * Math.ceil(width / stride) * anchorsEach(config),
    0,
  )
}

/** Random numbers that one image's sampling takes, see `detectionLosses`. */
export function uniformCount(size: readonly [number, number], slots: number, config: DetectorConfig): number {
  return anchorCount(size, config) + config.proposals + slots
}

/**
 * The losses of one batch, in one graph with static shapes: proposals, matching and sampling happen inside.
 * @param stages The backbone's maps, finest first; sides of the image are multiples of 32.
 * @param uniform Random numbers in [0, 1) for the step's sampling, `[batch, uniformCount]`: the same numbers give the
 *   same step.
 */
export function detectionLosses(
  stages: readonly FeatureMap[],
  params: DetectorParams,
  config: DetectorConfig,
  truth: BatchTruth,
  uniform: tf.Tensor2D,
): DetectionLosses {
  const { output, proposals, maps } = forward(stages, params, config)
  const truths = slotsOf(truth)
  const batch = truths.length
  const anchors = output.anchors.shape[0]
  const random = (start: number, count: number) =>
    tf.slice(uniform, [0, start], [batch, count]) as tf.Tensor2D
  const rpnTerms = rpnLosses(output, truths, random(0, anchors), config)
  const candidates = proposals[0]!.boxes.shape[0] + truths[0]!.boxes.shape[0]
  const targets = sampleRegions(proposals, truths, random(anchors, candidates), config)
  const regions = pyramidRoiAlign(maps, targets.boxes, { size: boxRegionSize })
  const boxTerms = boxHeadLosses(boxHead(regions, params.boxHead), targets)
  const masks =
    params.maskHead && truth.masks
      ? maskLoss(maps, params.maskHead, config, targets, truth.masks, sizeOf(stages[0]!))
      : undefined
  const terms = [rpnTerms.objectness, rpnTerms.boxes, boxTerms.classes, boxTerms.boxes]
  return {
    total: (masks ? [...terms, masks] : terms).reduce((sum, term) => tf.add(sum, term)),
    rpnObjectness: rpnTerms.objectness,
    rpnBoxes: rpnTerms.boxes,
    classes: boxTerms.classes,
    boxes: boxTerms.boxes,
    ...(masks ? { masks } : {}),
    regionAccuracy: boxTerms.accuracy,
  }
}

function slotsOf({ boxes, classes, valid }: BatchTruth): TruthSlots[] {
  const [first, second, third] = [tf.unstack(boxes), tf.unstack(classes), tf.unstack(valid)]
  return first.map((box, i) => ({
    boxes: box as tf.Tensor2D,
    classes: second[i] as tf.Tensor1D,
    valid: third[i] as tf.Tensor1D,
  }))
}

/** Detections in a fixed number of slots for each image, by falling score; zeros in empty slots. */
export interface Detections {
  /** [left, top, right, bottom] in pixels, `[batch, detections, 4]`. */
  readonly boxes: tf.Tensor3D
  /** `[batch, detections]`; 0 in empty slots. */
  readonly scores: tf.Tensor2D
  /** `[batch, detections]` int32 */
  readonly classes: tf.Tensor2D
  /** Shares of object inside the box, with a mask head: `[batch, detections, 28, 28]`. */
  readonly masks?: tf.Tensor4D
}

/** Finds objects: proposals, scores, suppression class by class, score threshold and limit. Not for gradients. */
export function detect(
  stages: readonly FeatureMap[],
  params: DetectorParams,
  config: DetectorConfig,
): Detections {
  const { size, proposals, maps } = forward(stages, params, config)
  const each = proposals[0]!.boxes.shape[0]
  const boxes = tf.concat(proposals.map((proposal) => proposal.boxes)) // [batch · proposals, 4]
  const { logits, deltas } = boxHead(pyramidRoiAlign(maps, boxes, { size: boxRegionSize }), params.boxHead)
  const images = proposals.map((proposal, image) => {
    const scores = tf.slice(tf.softmax(logits), [image * each, 0], [each, config.classes])
    const moves = tf.slice(deltas, [image * each, 0, 0], [each, config.classes, 4])
    const usable = tf.mul(scores, tf.reshape(proposal.valid, [each, 1])) as tf.Tensor2D
    return best(proposal.boxes, usable, moves, size, config)
  })
  const found = tf.stack(images) as tf.Tensor3D // [batch, detections, 7]
  const [batch, count] = found.shape
  const column = (at: number) =>
    tf.reshape(tf.slice(found, [0, 0, at], [batch, count, 1]), [batch, count]) as tf.Tensor2D
  const result = {
    boxes: tf.slice(found, [0, 0, 0], [batch, count, 4]) as tf.Tensor3D,
    scores: column(4),
    classes: tf.cast(column(6), 'int32') as tf.Tensor2D,
  }
  if (!params.maskHead) return result
  return { ...result, masks: regionMasks(maps, params.maskHead, result.boxes, result.classes) }
}

/** Candidates for an image's detections: as many as the suppression is to look at. */
const candidateLimit = 1000

/**
 * One image's detections.
 * @param scores `[proposals, classes]`
 * @param deltas `[proposals, classes, 4]`
 * @returns `[detections, 7]` as `suppressed` gives it, the last column being the class
 */
function best(
  proposals: tf.Tensor2D,
  scores: tf.Tensor2D,
  deltas: tf.Tensor3D,
  size: readonly [number, number],
  { classes, scoreThreshold, detectionOverlap, detections }: DetectorConfig,
): tf.Tensor2D {
  const total = scores.shape[0] * classes
  const { values, indices } = tf.topk(tf.reshape(scores, [total]), Math.min(total, candidateLimit))
  const owner = Int32Array.from({ length: total }, (_, i) => Math.floor(i / classes))
  const kind = Float32Array.from({ length: total }, (_, i) => i % classes)
  const at = indices as tf.Tensor1D
  const boxes = clipBoxes(
    decodeBoxes(
      tf.gather(proposals, tf.gather(tf.tensor1d(owner, 'int32'), at)),
      tf.gather(tf.reshape(deltas, [total, 4]) as tf.Tensor2D, at),
      boxHeadWeights,
    ),
    size,
  )
  const kinds = tf.gather(tf.tensor1d(kind), at)
  const most = Math.min(detections, values.shape[0]!)
  const apart = tf.mul(kinds, 2 * Math.max(...size)) as tf.Tensor1D
  const kept = suppressed(boxes, values as tf.Tensor1D, apart, most, detectionOverlap, scoreThreshold)
  const chosen = tf.cast(tf.slice(kept, [0, 6], [most, 1]), 'int32')
  const own = tf.mul(
    tf.gather(kinds, tf.reshape(chosen, [most]) as tf.Tensor1D),
    tf.reshape(tf.slice(kept, [0, 5], [most, 1]), [most]),
  )
  return tf.concat([tf.slice(kept, [0, 0], [most, 6]), tf.reshape(own, [most, 1])], 1) as tf.Tensor2D
}
