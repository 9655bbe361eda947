import type * as tf from '@tensorflow/tfjs-core'
import {
  type BackboneConfig,
  encoderOnly,
  type FeatureMap,
  features,
  initBackbone,
  toTorchNames,
  type WindowOptions,
} from '@univ/backbone'
import type { Program } from '@univ/compile'
import {
  type DetectorConfig,
  detect,
  detectionLosses,
  detectorParams,
  initDetector,
  type StageShape,
  uniformCount,
} from '@univ/heads'
import { flattenTree, type HostArray, noisePool, rng, type Tree, unflattenTree } from '@univ/nn'
import { noiseSize, stepNoise } from '../noise'
import type { Weights } from '../objective'
import type { BackboneWeights, Recipe } from '../recipe'
import { below, joinFixed, layerRates, splitFixed, under } from '../trainable'
import { type DetectorCard, writeDetectorCard } from './detector-card'
import { maskStride } from './slot-masks'

/** Images with their boxes in a fixed number of slots. */
export interface DetectionInput {
  /** Normalised, `[batch, height, width, 3]`. */
  readonly images: Float32Array
  /** [left, top, right, bottom] in pixels, `[batch, slots, 4]`. */
  readonly boxes: Float32Array
  /** `[batch, slots]` */
  readonly classes: Int32Array
  /** 1 where the slot holds an object, `[batch, slots]`. */
  readonly valid: Float32Array
  /** Where the detector has a mask head: 0 and 1, `[batch, slots, height / 2, width / 2]`. */
  readonly masks?: Float32Array
}

export interface DetectOptions {
  /** Sizes, and weights to start from; absent weights are drawn from the seed. */
  readonly model: Pick<BackboneWeights, 'config'> & Partial<BackboneWeights>
  readonly detector: DetectorConfig
  /** What is stored beside the weights; absent: nothing, and the file cannot be opened again by itself. */
  readonly card?: Pick<DetectorCard, 'classes' | 'modalities'>
  /** The detector's weights to start from; absent: drawn from the seed. */
  readonly detectorParams?: Tree<HostArray>
  readonly batch: number
  /** Multiples of 32. */
  readonly size: readonly [height: number, width: number]
  /** Objects that fit an image. */
  readonly slots: number
  readonly seed: number
  /** Stochastic depth of the last block. Default 0. */
  readonly dropPath?: number
  /** The encoder stays as it is; only the detector learns. Default false. */
  readonly frozen?: boolean
  /** Windows of the encoder's attention, for large images. Default: it looks everywhere. */
  readonly window?: WindowOptions
  /** Factor on the learning rate from block to block, downwards. Default 1. */
  readonly layerDecay?: number
}

/** The encoder's maps, finest first, as the detector is told of them. */
export function stageShapes(config: BackboneConfig): StageShape[] {
  return config.family === 'mcmae'
    ? config.widths.map((channels, i) => ({ stride: 4 * 2 ** i, channels }))
    : [{ stride: config.patch, channels: config.width }]
}

/** MCMAE's maps are taken before the final norm, which then has no part in a detector and no gradient. */
const isUnused = (path: string, config: BackboneConfig) => config.family === 'mcmae' && /^norm\./.test(path)

/** Faster R-CNN on the encoder's maps, both trained. */
export function detectRecipe(options: DetectOptions): Recipe<DetectionInput> {
  const { seed, dropPath = 0, window, model, detector, batch, size, slots, frozen = false } = options
  const config = model.config
  const encoder = splitFixed(encoderOnly(model.params ?? initBackbone(config, rng(seed, 'weights'))), config)
  const isTrained = ([path]: readonly [string, HostArray]) => !frozen && !isUnused(path, config)
  const entries = Object.entries(encoder.trained)
  const trained = Object.fromEntries(entries.filter(isTrained))
  const fixed = { ...encoder.fixed, ...Object.fromEntries(entries.filter((entry) => !isTrained(entry))) }
  const head = flattenTree(
    options.detectorParams ?? initDetector(detector, stageShapes(config), rng(seed, 'detector')),
  )
  const noisy = dropPath > 0
  const uniforms = uniformCount(size, slots, detector)
  const masked = detector.maskConvs !== null
  const maskShape = [batch, slots, size[0] / maskStride, size[1] / maskStride]
  return {
    objective: ({ weights, inputs, constants }) => {
      const noise = noisy ? noisePool(inputs.noise as tf.Tensor1D) : undefined
      const params = joinFixed(under('encoder', weights), constants as Weights<tf.Tensor>)
      const { stages } = features(inputs.images as tf.Tensor4D, params, config, { dropPath, noise, window })
      const losses = detectionLosses(
        stages,
        detectorOf(weights),
        detector,
        {
          boxes: inputs.boxes as tf.Tensor3D,
          classes: inputs.classes as tf.Tensor2D,
          valid: inputs.valid as tf.Tensor2D,
          ...(masked ? { masks: inputs.masks as tf.Tensor4D } : {}),
        },
        inputs.uniform as tf.Tensor2D,
      )
      const { total, ...metrics } = losses
      return { loss: total, metrics }
    },
    weights: { ...below('encoder', trained), ...below('detector', head) },
    constants: fixed as Tree<HostArray>,
    lrScales: below('encoder', layerRates(Object.keys(trained), config, options.layerDecay ?? 1)),
    inputs: {
      ...imageInput(options),
      boxes: { shape: [batch, slots, 4], dtype: 'float32' },
      classes: { shape: [batch, slots], dtype: 'int32' },
      valid: { shape: [batch, slots], dtype: 'float32' },
      uniform: { shape: [batch, uniforms], dtype: 'float32' },
      ...(masked ? { masks: { shape: maskShape, dtype: 'float32' } as const } : {}),
      ...(noisy ? { noise: { shape: [noiseSize], dtype: 'float32' } as const } : {}),
    },
    feed: ({ images, boxes, classes, valid, masks }, step) => ({
      images: { shape: [batch, ...size, 3], dtype: 'float32', data: images },
      boxes: { shape: [batch, slots, 4], dtype: 'float32', data: boxes },
      classes: { shape: [batch, slots], dtype: 'int32', data: classes },
      valid: { shape: [batch, slots], dtype: 'float32', data: valid },
      uniform: {
        shape: [batch, uniforms],
        dtype: 'float32',
        data: rng(seed, 'sampling', step).fillUniform(new Float32Array(batch * uniforms)),
      },
      ...(masked && masks ? { masks: { shape: maskShape, dtype: 'float32', data: masks } as const } : {}),
      ...(noisy ? { noise: stepNoise(seed, step) } : {}),
    }),
    // An encoder that stays as it is has no part in the weights.
    backbone: (weights) => ({ config, params: joinFixed(under('encoder', weights), fixed) }),
    extras: (weights) => toTorchNames(unflattenTree(under('detector', weights))),
    ...(options.card
      ? { extrasMetadata: writeDetectorCard({ ...options.card, detector, size, window: window ?? null }) }
      : {}),
  }
}

const detectorOf = (weights: Weights<tf.Tensor>) => detectorParams(under('detector', weights))

const imageInput = ({ batch, size }: Pick<DetectOptions, 'batch' | 'size'>) =>
  ({ images: { shape: [batch, ...size, 3], dtype: 'float32' } }) as const

/**
 * The detector on held-out images, as a program whose weights come as state: outputs `boxes` `[batch, detections, 4]`,
 * `scores`, `classes` `[batch, detections]`, and `masks` where there is a mask head.
 */
export function detectProgram({
  model,
  detector,
  window,
}: Pick<DetectOptions, 'model' | 'detector' | 'window'>): Program {
  return ({ inputs, constants, state }) => {
    const weights = state as Weights<tf.Tensor>
    const params = joinFixed(under('encoder', weights), constants as Weights<tf.Tensor>)
    const { stages } = features(inputs.images as tf.Tensor4D, params, model.config, { window })
    return { outputs: { ...detect(stages as readonly FeatureMap[], detectorOf(weights), detector) } }
  }
}
