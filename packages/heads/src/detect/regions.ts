import * as tf from '@tensorflow/tfjs-core'
import { ShapeError } from '@univ/nn'
import { boxHeadWeights, encodeBoxes } from './box-coding'
import { detached } from './detached'
import type { DetectorConfig } from './detector-config'
import { matchBoxes, type TruthSlots } from './match'
import type { Proposals } from './rpn'
import { samplingKeys } from './sample'

/** Sampled regions of a batch with what they ought to become; as many for each image, objects first. */
export interface RegionTargets {
  /** `[regions, 4]` */
  readonly boxes: tf.Tensor2D
  /** Deltas to the object; mean nothing for background. `[regions, 4]` */
  readonly deltas: tf.Tensor2D
  /** Class, `classes` = background: `[regions]` int32. */
  readonly classes: tf.Tensor1D
  /** 1 for objects, `[regions]`. */
  readonly object: tf.Tensor1D
  /** 1 where the slot was filled, `[regions]`. */
  readonly chosen: tf.Tensor1D
  /** The object's slot, `[regions]` int32. */
  readonly slot: tf.Tensor1D
}

/**
 * Draws the regions that the heads learn from. The objects' own boxes are candidates too, so that there is something
 * to learn from before the proposals are any good.
 * @param uniform Random numbers in [0, 1), `[batch, proposals + slots]`.
 * @throws ShapeError where more regions are to be drawn than there are candidates.
 */
export function sampleRegions(
  proposals: readonly Proposals[],
  truths: readonly TruthSlots[],
  uniform: tf.Tensor2D,
  { regionSamples: count, regionObjectShare: objectShare, classes }: DetectorConfig,
): RegionTargets {
  const candidateCount = uniform.shape[1]
  if (count > candidateCount)
    throw new ShapeError(
      `detector: regionSamples is ${count}, but proposals and slots together give only ${candidateCount} candidates`,
    )
  const packed = detached(() =>
    tf.concat(
      truths.map((truth, image) => {
        const candidates = tf.concat([proposals[image]!.boxes, truth.boxes])
        const usable = tf.concat([proposals[image]!.valid, truth.valid])
        const matched = matchBoxes(candidates, truth, { object: 0.5, background: 0.5, keepBest: false })
        const random = tf.reshape(tf.slice(uniform, [image, 0], [1, usable.shape[0]]), [usable.shape[0]])
        const keys = samplingKeys(
          tf.mul(matched.object, usable) as tf.Tensor1D,
          tf.mul(matched.background, usable) as tf.Tensor1D,
          random as tf.Tensor1D,
          { count, objectShare },
        )
        const { values, indices } = tf.topk(keys, count)
        const boxes = tf.gather(candidates, indices as tf.Tensor1D)
        const slot = tf.gather(matched.slot, indices as tf.Tensor1D) as tf.Tensor1D
        const object = tf.cast(tf.greaterEqual(values, 2), 'float32')
        const chosen = tf.cast(tf.greater(values, 0), 'float32')
        const kind = tf.cast(tf.gather(truth.classes, slot), 'float32')
        const column = (x: tf.Tensor) => tf.reshape(x, [count, 1])
        return tf.concat(
          [
            boxes,
            encodeBoxes(boxes, tf.gather(truth.boxes, slot), boxHeadWeights),
            column(tf.add(tf.mul(kind, object), tf.mul(tf.sub(1, object), classes))),
            column(object),
            column(chosen),
            column(tf.cast(slot, 'float32')),
          ],
          1,
        ) as tf.Tensor2D
      }),
    ),
  ) as tf.Tensor2D // [batch · count, 12]
  const total = count * truths.length
  const columns = (start: number, width: number) =>
    tf.slice(packed, [0, start], [total, width]) as tf.Tensor2D
  const single = (at: number) => tf.reshape(columns(at, 1), [total]) as tf.Tensor1D
  return {
    boxes: columns(0, 4),
    deltas: columns(4, 4),
    classes: tf.cast(single(8), 'int32'),
    object: single(9),
    chosen: single(10),
    slot: tf.cast(single(11), 'int32'),
  }
}
