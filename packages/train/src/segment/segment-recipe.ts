import * as tf from '@tensorflow/tfjs-core'
import { encoderOnly, features, initLora, type LoraConfig, mergeLora } from '@univ/backbone'
import {
  batchNorms,
  initSegmenter,
  initStatistics,
  type LossAverage,
  pixelLoss,
  type SegmenterConfig,
  segmenter,
  segmenterParams,
  toHeadNames,
} from '@univ/heads'
import { flattenTree, type HostArray, noisePool, rng, type Tree } from '@univ/nn'
import { noiseSize, stepNoise } from '../noise'
import type { Weights } from '../objective'
import { type BackboneWeights, imageArray, type Recipe } from '../recipe'
import { adapted, below, flattenLora, joinFixed, layerRates, under, unflattenLora } from '../trainable'
import { headMaps, headWidths, isUnused } from './segment-model'

/** Images with a class for every pixel. */
export interface SegmentInput {
  /** Normalised, `[batch, crop, crop, 3]`. */
  readonly images: Float32Array
  /** `[batch, crop, crop]`, 255 = does not count. */
  readonly labels: Int32Array
}

export interface SegmentOptions {
  /** Where the encoder starts; with what fine-tuning adds (`fineTuned`). */
  readonly model: BackboneWeights
  readonly head: SegmenterConfig
  /** What is trained of the encoder: nothing, LoRA matrices and what fine-tuning added, or everything. */
  readonly encoder: 'frozen' | 'full' | LoraConfig
  /** Images in a batch: scenes times modalities. */
  readonly batch: number
  /** Side in pixels. */
  readonly crop: number
  readonly seed: number
  /** Stochastic depth of the last block. Default 0. */
  readonly dropPath?: number
  /** Factor on the learning rate from block to block, downwards. Default 1. */
  readonly layerDecay?: number
  readonly classWeights?: readonly number[]
  /** Default `counted`. */
  readonly average?: LossAverage
  /** Weight of the auxiliary head's loss. Default 0.4. */
  readonly auxiliaryWeight?: number
  /** Text stored beside the head's arrays (class names, normalisation …). */
  readonly metadata?: Readonly<Record<string, string>>
}

/** What fine-tuning added to the encoder; trained even where the rest of it has LoRA branches. */
const isAdded = (path: string) => /relativePositionBiasTable$|\.ls[12]\.gamma$/.test(path)

/** A segmentation head on an encoder: cross-entropy of pixels, with UPerNet's auxiliary loss beside it. */
export function segmentRecipe(options: SegmentOptions): Recipe<SegmentInput> {
  const { head, encoder, batch, crop, seed, dropPath = 0, layerDecay = 1, auxiliaryWeight = 0.4 } = options
  const { config } = options.model
  const lora = typeof encoder === 'object' ? encoder : undefined
  const whole = encoderOnly(options.model.params)
  const arrays = Object.entries(flattenTree(whole) as Record<string, HostArray>)
  const isTrained = (path: string) =>
    encoder !== 'frozen' && !isUnused(path, config, head) && (lora === undefined || isAdded(path))
  const trained = Object.fromEntries(arrays.filter(([path]) => isTrained(path)))
  const fixed = Object.fromEntries(arrays.filter(([path]) => !isTrained(path)))
  const branches = lora ? flattenLora(initLora(whole, lora, rng(seed, 'lora'))) : {}
  const top = initSegmenter(head, headWidths(config, head), rng(seed, 'head'))
  const noisy = head.head === 'upernet' || (encoder !== 'frozen' && dropPath > 0) || (lora?.dropout ?? 0) > 0
  // A frozen encoder is used as it is: nothing of it is dropped.
  const depth = encoder === 'frozen' ? 0 : dropPath

  return {
    objective: ({ weights, inputs, constants, statistics }) => {
      const noise = noisy ? noisePool(inputs.noise as tf.Tensor1D) : undefined
      const plain = joinFixed(under('encoder', weights), constants as Weights<tf.Tensor>)
      const params = lora ? adapted(plain, under('lora', weights), lora, noise) : plain
      const seen = features(inputs.images as tf.Tensor4D, params, config, { dropPath: depth, noise })
      const norms = batchNorms(statistics, true)
      const parts = segmenterParams(under('head', weights))
      const { main, auxiliary } = segmenter(headMaps(seen, config, head), parts, norms, noise)
      const judged = (logits: tf.Tensor4D) =>
        pixelLoss(logits, inputs.labels as tf.Tensor3D, {
          classWeights: options.classWeights,
          average: options.average,
        })
      const { loss, correct, counted } = judged(main)
      const metrics = { pixelAccuracy: tf.div(correct, tf.maximum(counted, 1)) }
      if (!auxiliary) return { loss, metrics, statistics: norms.statistics }
      const auxiliaryLoss = judged(auxiliary).loss
      const total = tf.add(loss, tf.mul(auxiliaryLoss, auxiliaryWeight)) as tf.Scalar
      return {
        loss: total,
        metrics: { ...metrics, mainLoss: loss, auxiliaryLoss },
        statistics: norms.statistics,
      }
    },
    weights: { ...below('encoder', trained), ...below('lora', branches), ...below('head', top) },
    statistics: initStatistics(top),
    constants: fixed as Tree<HostArray>,
    lrScales: {
      ...below('encoder', layerRates(Object.keys(trained), config, layerDecay)),
      ...below('lora', layerRates(Object.keys(branches), config, layerDecay)),
    },
    inputs: {
      images: { shape: [batch, crop, crop, 3], dtype: 'float32' },
      labels: { shape: [batch, crop, crop], dtype: 'int32' },
      ...(noisy ? { noise: { shape: [noiseSize], dtype: 'float32' } as const } : {}),
    },
    feed: ({ images, labels }, step) => ({
      images: imageArray(images, batch, crop),
      labels: { shape: [batch, crop, crop], dtype: 'int32', data: labels },
      ...(noisy ? { noise: stepNoise(seed, step) } : {}),
    }),
    backbone: (weights) => {
      const params = joinFixed(under('encoder', weights), fixed)
      if (!lora) return { config, params }
      const merged = mergeLora(params, unflattenLora(under('lora', weights)), lora.alpha / lora.rank)
      return { config, params: merged }
    },
    extras: (weights, statistics) => toHeadNames({ ...under('head', weights), ...statistics }),
    extrasMetadata: options.metadata,
  }
}
