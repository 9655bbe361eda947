import * as tf from '@tensorflow/tfjs-core'
import type { FeatureMap } from '@univ/backbone'
import {
  type ConvParams,
  conv2d,
  type HostArray,
  type LinearParams,
  linear,
  type Rng,
  relu,
  type Tree,
} from '@univ/nn'
import { sides } from './boxes'
import { detached } from './detached'
import type { DetectorConfig } from './detector-config'
import { type NormedConvParams, normedConv } from './feature-pyramid'
import { norm, predictor, reluConv, reluLinear } from './head-parameters'
import { binaryCrossEntropy } from './losses'
import type { RegionTargets } from './regions'
import { cellWeights, pyramidRoiAlign } from './roi-align'

/** Side of the regions that the mask head sees; its masks are twice as fine. */
const maskRegionSize = 14
/** Side of predicted masks. */
export const maskSize = 2 * maskRegionSize

/** Convolutions with LayerNorm, a doubling, one mask for every class (Mask R-CNN). */
export interface MaskHeadParams {
  readonly conv: readonly NormedConvParams[]
  /** 2×2 transposed convolution of stride 2: channels to 2 · 2 · channels. */
  readonly up: LinearParams
  readonly masks: ConvParams
}

/** Random weights. */
export function initMaskHead(
  { channels, classes }: DetectorConfig,
  convs: number,
  rng: Rng,
): Tree<HostArray> {
  return {
    conv: Array.from({ length: convs }, () => ({
      conv: reluConv(3, channels, channels, rng),
      norm: norm(channels),
    })),
    up: reluLinear(channels, 4 * channels, rng),
    masks: predictor([1, 1, channels, classes], 0.001, rng),
  }
}

/**
 * Mask logits of every region's own class.
 * @param boxes `[regions, 4]`
 * @param classes `[regions]` int32; a class outside the classes gives zeros.
 * @returns `[regions, 28, 28]`
 */
function maskLogits(
  maps: readonly FeatureMap[],
  params: MaskHeadParams,
  boxes: tf.Tensor2D,
  classes: tf.Tensor1D,
): tf.Tensor3D {
  const regions = pyramidRoiAlign(maps, boxes, { size: maskRegionSize })
  const map = params.conv.reduce((x, conv) => relu(normedConv(x, conv, { padding: 'same' })), regions)
  const [count, rows, columns, channels] = map.shape
  const split = tf.reshape(linear(map, params.up), [count, rows, columns, 2, 2 * channels])
  const fine = tf.reshape(tf.transpose(split, [0, 1, 3, 2, 4]), [count, maskSize, maskSize, channels])
  const logits = conv2d(relu(fine) as tf.Tensor4D, params.masks)
  const kinds = logits.shape[3]
  const chosen = tf.slice(tf.oneHot(classes, kinds + 1), [0, 0], [count, kinds]) // tfjs refuses a depth of 1
  const own = tf.reshape(chosen, [count, 1, 1, kinds])
  return tf.sum(tf.mul(logits, own), 3) as tf.Tensor3D
}

/**
 * Binary cross-entropy of the objects' masks, over all their pixels.
 * @param truthMasks `[batch, slots, rows, columns]`
 * @param size The image's height and width.
 */
export function maskLoss(
  maps: readonly FeatureMap[],
  params: MaskHeadParams,
  { regionSamples, regionObjectShare }: DetectorConfig,
  targets: RegionTargets,
  truthMasks: tf.Tensor4D,
  size: readonly [number, number],
): tf.Scalar {
  const batch = truthMasks.shape[0]
  // Objects stand first among each image's regions, and are no more than their share.
  const most = Math.max(1, Math.floor(regionSamples * regionObjectShare))
  const first = <T extends tf.Tensor>(x: T): T => {
    const rest = x.shape.slice(1)
    const grouped = tf.reshape(x, [batch, regionSamples, ...rest])
    const cut = tf.slice(grouped, [0, 0, ...rest.map(() => 0)], [batch, most, ...rest])
    return tf.reshape(cut, [batch * most, ...rest]) as T
  }
  const [boxes, object, slot] = [first(targets.boxes), first(targets.object), first(targets.slot)]
  const wanted = detached(() => maskTargets(truthMasks, boxes, slot, size))
  const each = tf.mean(
    binaryCrossEntropy(maskLogits(maps, params, boxes, first(targets.classes)), wanted),
    [1, 2],
  )
  return tf.div(tf.sum(tf.mul(each, object)), tf.maximum(tf.sum(object), 1)) as tf.Scalar
}

/** The object's mask inside each box, `[regions, 28, 28]`: 1 where at least half a cell is covered. */
function maskTargets(
  masks: tf.Tensor4D,
  boxes: tf.Tensor2D,
  slot: tf.Tensor1D,
  [height]: readonly [number, number],
): tf.Tensor3D {
  const [batch, slots, rows, columns] = masks.shape
  const count = boxes.shape[0]
  const shift = Int32Array.from({ length: count }, (_, i) => slots * Math.floor((i * batch) / count))
  const own = tf.gather(
    tf.reshape(masks, [batch * slots, rows, columns]) as tf.Tensor3D,
    tf.add(slot, tf.tensor1d(shift, 'int32')) as tf.Tensor1D,
  )
  const [left, top, right, bottom] = sides(boxes)
  const stride = height / rows
  const down = cellWeights(top, bottom, rows, stride, { size: maskSize })
  const across = cellWeights(left, right, columns, stride, { size: maskSize })
  const covered = tf.matMul(tf.matMul(down, own), across, false, true)
  return tf.cast(tf.greaterEqual(covered, 0.5), 'float32') as tf.Tensor3D
}

/** Masks of detections, each inside its box: `[batch, detections, 28, 28]`, shares from 0 to 1. */
export function regionMasks(
  maps: readonly FeatureMap[],
  params: MaskHeadParams,
  boxes: tf.Tensor3D,
  classes: tf.Tensor2D,
): tf.Tensor4D {
  const [batch, count] = boxes.shape
  const flat = tf.reshape(boxes, [batch * count, 4]) as tf.Tensor2D
  const logits = maskLogits(maps, params, flat, tf.reshape(classes, [batch * count]) as tf.Tensor1D)
  return tf.reshape(tf.sigmoid(logits), [batch, count, maskSize, maskSize]) as tf.Tensor4D
}
