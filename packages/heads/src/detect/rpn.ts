import * as tf from '@tensorflow/tfjs-core'
import type { FeatureMap } from '@univ/backbone'
import { type ConvParams, conv2d, type HostArray, type Rng, relu, type Tree } from '@univ/nn'
import { anchorBoxes } from './anchors'
import { decodeBoxes, encodeBoxes, rpnWeights } from './box-coding'
import { clipBoxes, sides } from './boxes'
import { detached } from './detached'
import { anchorsEach, type DetectorConfig } from './detector-config'
import { predictor, reluConv } from './head-parameters'
import { absoluteError, binaryCrossEntropy } from './losses'
import { matchBoxes, type TruthSlots } from './match'
import { sampledMask, samplingKeys } from './sample'

/** Region proposal network: one small head for all levels. */
export interface RpnParams {
  readonly conv: readonly ConvParams[]
  readonly objectness: ConvParams
  readonly deltas: ConvParams
}

/** What the RPN says of every anchor. */
export interface RpnOutput {
  /** Logits, `[batch, anchors]`. */
  readonly objectness: tf.Tensor2D
  /** `[batch, anchors, 4]` */
  readonly deltas: tf.Tensor3D
  /** `[anchors, 4]` */
  readonly anchors: tf.Tensor2D
  /** Anchors of each level. */
  readonly counts: readonly number[]
}

/** Random weights. */
export function initRpn(config: DetectorConfig, rng: Rng): Tree<HostArray> {
  const { channels, rpnConvs } = config
  const each = anchorsEach(config)
  return {
    conv: Array.from({ length: rpnConvs }, () => reluConv(3, channels, channels, rng)),
    objectness: predictor([1, 1, channels, each], 0.01, rng),
    deltas: predictor([1, 1, channels, 4 * each], 0.01, rng),
  }
}

/** @param levels The pyramid's five maps. */
export function rpn(levels: readonly FeatureMap[], params: RpnParams, config: DetectorConfig): RpnOutput {
  const each = anchorsEach(config)
  const shapes = levels.map(({ stride, values }, i) => ({
    stride,
    rows: values.shape[1],
    columns: values.shape[2],
    sizes: config.anchorScales.map((scale) => scale * config.anchorSizes[i]!),
  }))
  const parts = levels.map(({ values }) => {
    const hidden = params.conv.reduce((x, conv) => relu(conv2d(x, conv, { padding: 'same' })), values)
    const [batch, rows, columns] = values.shape
    const count = rows * columns * each
    return {
      count,
      objectness: tf.reshape(conv2d(hidden, params.objectness), [batch, count]) as tf.Tensor2D,
      deltas: tf.reshape(conv2d(hidden, params.deltas), [batch, count, 4]) as tf.Tensor3D,
    }
  })
  const boxes = anchorBoxes(shapes, config.anchorRatios)
  return {
    objectness: tf.concat(
      parts.map(({ objectness }) => objectness),
      1,
    ),
    deltas: tf.concat(
      parts.map(({ deltas }) => deltas),
      1,
    ),
    anchors: tf.tensor2d(boxes, [boxes.length / 4, 4]),
    counts: parts.map(({ count }) => count),
  }
}

/** Boxes that may hold an object, in a fixed number of slots. */
export interface Proposals {
  /** `[proposals, 4]`, by falling score; zeros in empty slots. */
  readonly boxes: tf.Tensor2D
  /** 1 where the slot is filled, `[proposals]`. */
  readonly valid: tf.Tensor1D
}

/**
 * Proposals of one image: the best candidates of each level, suppressed level by level, the best over all. No gradient
 * flows through them.
 * @param size The image's height and width.
 */
export function propose(
  output: RpnOutput,
  image: number,
  size: readonly [number, number],
  config: DetectorConfig,
): Proposals {
  const { candidates, proposalOverlap } = config
  const total = output.counts.reduce((sum, count) => sum + Math.min(count, candidates), 0)
  const kept = Math.min(config.proposals, total)
  const packed = detached(() => {
    const logits = row(output.objectness, image)
    const deltas = image3d(output.deltas, image)
    let start = 0
    const parts = output.counts.map((count, level) => {
      const { values, indices } = tf.topk(tf.slice(logits, start, count), Math.min(count, candidates))
      const at = tf.add(indices, tf.scalar(start, 'int32')) as tf.Tensor1D
      start += count
      const boxes = decodeBoxes(tf.gather(output.anchors, at), tf.gather(deltas, at), rpnWeights)
      return { scores: tf.sigmoid(values), boxes: clipBoxes(boxes, size), level }
    })
    const boxes = tf.concat(parts.map((part) => part.boxes))
    const [left, top, right, bottom] = sides(boxes)
    const filled = tf.logicalAnd(tf.greater(right, left), tf.greater(bottom, top))
    const scores = tf.mul(tf.concat(parts.map((part) => part.scores)), tf.cast(filled, 'float32'))
    // Boxes of different levels are moved apart, so that one suppression serves all levels.
    const apart = Float32Array.from(
      parts.flatMap(({ level, scores: { size: count } }) =>
        new Array(count).fill(2 * level * Math.max(...size)),
      ),
    )
    return suppressed(boxes, scores as tf.Tensor1D, tf.tensor1d(apart), kept, proposalOverlap, 0)
  })
  return {
    boxes: tf.slice(packed, [0, 0], [kept, 4]),
    valid: tf.reshape(tf.slice(packed, [0, 5], [kept, 1]), [kept]),
  }
}

/**
 * Greedy suppression with a fixed number of results, by falling score.
 * @param groups Offset that moves groups apart: only boxes of one group suppress each other. `[n]`
 * @returns `[most, 7]`: box, score, whether the slot is filled, index of the box; zeros in empty slots
 */
export function suppressed(
  boxes: tf.Tensor2D,
  scores: tf.Tensor1D,
  groups: tf.Tensor1D,
  most: number,
  overlap: number,
  scoreThreshold: number,
): tf.Tensor2D {
  const moved = tf.add(boxes, tf.reshape(groups, [-1, 1])) as tf.Tensor2D
  const { selectedIndices, validOutputs } = tf.image.nonMaxSuppressionPadded(
    moved,
    scores,
    most,
    overlap,
    scoreThreshold,
    true,
  ) as { selectedIndices: tf.Tensor1D; validOutputs: tf.Scalar }
  const places = tf.tensor1d(
    Int32Array.from({ length: most }, (_, i) => i),
    'int32',
  )
  const valid = tf.reshape(tf.cast(tf.less(places, validOutputs), 'float32'), [most, 1])
  const columns = [
    tf.gather(boxes, selectedIndices),
    tf.reshape(tf.gather(scores, selectedIndices), [most, 1]),
    valid,
    tf.reshape(tf.cast(selectedIndices, 'float32'), [most, 1]),
  ]
  return tf.mul(tf.concat(columns, 1), valid) as tf.Tensor2D
}

/**
 * Objectness over sampled anchors and box error over the objects among them, both over the number of samples.
 * @param truths The objects, image by image.
 * @param uniform Random numbers in [0, 1) that draw the sample, `[batch, anchors]`.
 */
export function rpnLosses(
  { objectness, deltas, anchors }: RpnOutput,
  truths: readonly TruthSlots[],
  uniform: tf.Tensor2D,
  config: DetectorConfig,
): { readonly objectness: tf.Scalar; readonly boxes: tf.Scalar } {
  const { rpnSamples: count, rpnObjectShare: objectShare } = config
  const total = anchors.shape[0]
  const targets = detached(() =>
    tf.stack(
      truths.map((truth, image) => {
        const matched = matchBoxes(anchors, truth, {
          object: config.rpnObjectOverlap,
          background: config.rpnBackgroundOverlap,
          keepBest: true,
        })
        const keys = samplingKeys(matched.object, matched.background, row(uniform, image), {
          count,
          objectShare,
        })
        const sampled = sampledMask(keys, count)
        const wanted = encodeBoxes(anchors, tf.gather(truth.boxes, matched.slot), rpnWeights)
        const column = (x: tf.Tensor) => tf.reshape(x, [total, 1])
        return tf.concat([column(sampled), column(tf.mul(sampled, matched.object)), wanted], 1)
      }),
    ),
  ) // [batch, anchors, 6]
  const part = (start: number, width: number) =>
    tf.slice(targets, [0, 0, start], [truths.length, total, width])
  const flat = (start: number) => tf.reshape(part(start, 1), [truths.length, total])
  const samples = count * truths.length
  const [sampled, object] = [flat(0), flat(1)]
  return {
    objectness: tf.div(tf.sum(tf.mul(binaryCrossEntropy(objectness, object), sampled)), samples) as tf.Scalar,
    boxes: tf.div(tf.sum(tf.mul(absoluteError(deltas, part(2, 4)), object)), samples) as tf.Scalar,
  }
}

/** One row of a matrix. */
function row(matrix: tf.Tensor2D, i: number): tf.Tensor1D {
  return tf.reshape(tf.slice(matrix, [i, 0], [1, matrix.shape[1]]), [matrix.shape[1]])
}

/** One image's `[n, 4]` of `[batch, n, 4]`. */
function image3d(x: tf.Tensor3D, i: number): tf.Tensor2D {
  const [, n, width] = x.shape
  return tf.reshape(tf.slice(x, [i, 0, 0], [1, n, width]), [n, width])
}
