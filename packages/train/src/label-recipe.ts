import * as tf from '@tensorflow/tfjs-core'
import { encoderOnly, features, initBackbone, tokenWidth } from '@univ/backbone'
import type { Program } from '@univ/compile'
import { filled, type HostArray, linear, noisePool, rng, type Tree, truncatedNormal } from '@univ/nn'
import { noiseSize, stepNoise } from './noise'
import type { Weights } from './objective'
import { type BackboneWeights, imageArray, type Recipe } from './recipe'
import { below, joinFixed, splitFixed, under } from './trainable'

/** RGB images with one class for each patch. */
export interface LabelInput {
  /** Normalised, `[batch, size, size, 3]`. */
  readonly rgb: Float32Array
  /** `[batch, tokens]` */
  readonly labels: Int32Array
}

export interface LabelOptions {
  /** Sizes, and weights to start from; absent weights are drawn from the seed. */
  readonly model: Pick<BackboneWeights, 'config'> & Partial<BackboneWeights>
  readonly classes: number
  /** Class id of patches that do not count. */
  readonly ignore: number
  readonly batch: number
  readonly size: number
  readonly seed: number
  /** Stochastic depth of the last block. Default 0. */
  readonly dropPath?: number
}

/**
 * A teacher from pixel labels: the encoder and a linear classifier on its tokens learn the class of every patch
 * (cross-entropy over patches whose class counts).
 */
export function labelRecipe(options: LabelOptions): Recipe<LabelInput> {
  const { classes, seed, dropPath = 0, model } = options
  const config = model.config
  const { trained, fixed } = splitFixed(
    encoderOnly(model.params ?? initBackbone(config, rng(seed, 'weights'))),
    config,
  )
  const head = {
    kernel: truncatedNormal([tokenWidth(config), classes], rng(seed, 'classifier')),
    bias: filled([classes], 0),
  }
  const noisy = dropPath > 0
  return {
    objective: ({ weights, inputs, constants }) => {
      const noise = noisy ? noisePool(inputs.noise as tf.Tensor1D) : undefined
      const params = joinFixed(under('encoder', weights), constants as Weights<tf.Tensor>)
      const { patchTokens } = features(inputs.rgb as tf.Tensor4D, params, config, { dropPath, noise })
      const { loss, correct, counted } = classify(patchTokens, weights, inputs.labels!, options)
      return { loss, metrics: { patchAccuracy: tf.div(correct, tf.maximum(counted, 1)) } }
    },
    weights: { ...below('encoder', trained), ...below('classifier', head) },
    constants: fixed as Tree<HostArray>,
    inputs: {
      ...labelInputs(options),
      ...(noisy ? { noise: { shape: [noiseSize], dtype: 'float32' } as const } : {}),
    },
    feed: (images, step) => ({
      ...labelFeed(images, options),
      ...(noisy ? { noise: stepNoise(seed, step) } : {}),
    }),
    backbone: (weights) => ({ config, params: joinFixed(under('encoder', weights), fixed) }),
    extras: (weights) => {
      const { shape, data } = weights['classifier.kernel']!
      const [width, out] = shape as [number, number]
      const turned = Float32Array.from(
        { length: width * out },
        (_, i) => data[(i % width) * out + Math.floor(i / width)]!,
      )
      return {
        'classifier.weight': { shape: [out, width], dtype: 'float32', data: turned },
        'classifier.bias': weights['classifier.bias']!,
      }
    },
  }
}

/** Inputs of the recipe and of its check. */
export function labelInputs({ model, batch, size }: LabelOptions) {
  const side = size / (model.config.family === 'mcmae' ? 16 : model.config.patch)
  return {
    rgb: { shape: [batch, size, size, 3], dtype: 'float32' },
    labels: { shape: [batch, side * side], dtype: 'int32' },
  } as const
}

/** A batch as inputs; a smaller last one is filled up with images that do not count. */
export function labelFeed(
  { rgb, labels }: LabelInput,
  { batch, size, ignore }: LabelOptions,
): Readonly<Record<'rgb' | 'labels', HostArray>> {
  const images = rgb.length / (size * size * 3)
  const tokens = labels.length / images
  const full = images === batch
  const pixels = full ? rgb : new Float32Array(batch * size * size * 3)
  const classes = full ? labels : new Int32Array(batch * tokens).fill(ignore)
  if (!full) {
    pixels.set(rgb)
    classes.set(labels)
  }
  return {
    rgb: imageArray(pixels, batch, size),
    labels: { shape: [batch, tokens], dtype: 'int32', data: classes },
  }
}

/** Forward pass on held-out images: `correct` and `counted` patches and the `loss`; weights come as state. */
export function labelCheck(options: LabelOptions): Program {
  return ({ inputs, constants, state }) => {
    const weights = state as Weights<tf.Tensor>
    const params = joinFixed(under('encoder', weights), constants as Weights<tf.Tensor>)
    const { patchTokens } = features(inputs.rgb as tf.Tensor4D, params, options.model.config)
    return { outputs: classify(patchTokens, weights, inputs.labels!, options) }
  }
}

/** @param tokens `[batch, tokens, width]` @param labels `[batch, tokens]` */
function classify(
  tokens: tf.Tensor3D,
  weights: Weights<tf.Tensor>,
  labels: tf.Tensor,
  { classes, ignore }: Pick<LabelOptions, 'classes' | 'ignore'>,
): { readonly loss: tf.Scalar; readonly correct: tf.Scalar; readonly counted: tf.Scalar } {
  const logits = linear(tokens, {
    kernel: weights['classifier.kernel'] as tf.Tensor2D,
    bias: weights['classifier.bias'] as tf.Tensor1D,
  })
  const counts = tf.cast(tf.notEqual(labels, ignore), 'float32') // [batch, tokens]
  // An ignored id may lie outside the classes; whatever row it gets, its weight is zero.
  const wanted = tf.oneHot(tf.cast(labels, 'int32'), classes)
  const chosen = tf.sum(tf.mul(tf.logSoftmax(logits), wanted), -1)
  const counted = tf.sum(counts) as tf.Scalar
  const loss = tf.neg(tf.div(tf.sum(tf.mul(chosen, counts)), tf.maximum(counted, 1))) as tf.Scalar
  const hit = tf.cast(tf.equal(tf.argMax(logits, -1), tf.cast(labels, 'int32')), 'float32')
  return { loss, correct: tf.sum(tf.mul(hit, counts)) as tf.Scalar, counted }
}
