import * as tf from '@tensorflow/tfjs-core'
import { pairwiseOverlap } from './boxes'

/** The objects of one image in a fixed number of slots. */
export interface TruthSlots {
  /** `[slots, 4]` as [left, top, right, bottom]; zeros in empty slots. */
  readonly boxes: tf.Tensor2D
  /** Class of each slot, `[slots]`; anything in empty slots. */
  readonly classes: tf.Tensor1D
  /** 1 where the slot holds an object, `[slots]`. */
  readonly valid: tf.Tensor1D
}

/** Overlaps at which candidates are objects or background. */
export interface MatchThresholds {
  /** From here on an object. Faster R-CNN: 0.7 for anchors, 0.5 for regions. */
  readonly object: number
  /** Below this background; between the two neither. Faster R-CNN: 0.3 for anchors, 0.5 for regions. */
  readonly background: number
  /** Every object's best candidate is its own, however small the overlap (anchors). */
  readonly keepBest: boolean
}

/** What each candidate stands for; all are masks of 0 and 1, `[n]`, but `slot`. */
export interface Matched {
  readonly object: tf.Tensor1D
  readonly background: tf.Tensor1D
  /** The slot that it overlaps most, `[n]` int32. */
  readonly slot: tf.Tensor1D
}

/**
 * Assigns candidate boxes to objects by overlap. Not for gradients.
 * @param candidates `[n, 4]`
 */
export function matchBoxes(
  candidates: tf.Tensor2D,
  { boxes, valid }: TruthSlots,
  { object, background, keepBest }: MatchThresholds,
): Matched {
  const slots = boxes.shape[0]
  // Empty slots overlap nothing: below 0, so that they are nobody's best.
  const row = tf.reshape(valid, [1, slots])
  const overlap = tf.sub(tf.mul(pairwiseOverlap(candidates, boxes), row), tf.sub(1, row)) // [n, slots]
  const best = tf.max(overlap, 1)
  const slot = tf.argMax(overlap, 1) as tf.Tensor1D
  const float = (mask: tf.Tensor) => tf.cast(mask, 'float32')
  const above = float(tf.greaterEqual(best, object))
  const below = float(tf.less(best, background))
  if (!keepBest) return { object: above as tf.Tensor1D, background: below as tf.Tensor1D, slot }
  const bestOfSlot = tf.max(overlap, 0, true) // [1, slots]
  const isBest = tf.logicalAnd(tf.equal(overlap, bestOfSlot), tf.greater(bestOfSlot, 0))
  const chosen = tf.maximum(above, float(tf.any(isBest, 1)))
  return {
    object: chosen as tf.Tensor1D,
    background: tf.mul(below, tf.sub(1, chosen)) as tf.Tensor1D,
    slot,
  }
}
