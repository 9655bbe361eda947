import type * as tf from '@tensorflow/tfjs-core'
import {
  type ConvParams,
  conv2d,
  dropChannels,
  filled,
  type HostArray,
  type NoisePool,
  type Rng,
  type Tree,
} from '@univ/nn'

/** Dropout of whole channels before a head's classifier; mmseg's default. */
const dropoutRate = 0.1

/**
 * The last layer of every head: channel dropout in training, then a convolution of one pixel.
 * @param noise Present in training with dropout.
 * @returns logits `[batch, height, width, classes]`
 */
export function classifyPixels(
  x: tf.Tensor4D,
  params: ConvParams,
  noise: NoisePool | undefined,
): tf.Tensor4D {
  return conv2d(noise ? dropChannels(x, dropoutRate, noise) : x, params)
}

/** mmseg's start: normal numbers of deviation 0.01, bias 0. */
export function initClassifier(channels: number, classes: number, rng: Rng): Tree<HostArray> {
  const data = Float32Array.from({ length: channels * classes }, () => 0.01 * rng.normal())
  return { filter: { shape: [1, 1, channels, classes], dtype: 'float32', data }, bias: filled([classes], 0) }
}
