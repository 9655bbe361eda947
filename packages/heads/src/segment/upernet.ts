import * as tf from '@tensorflow/tfjs-core'
import type { FeatureMap } from '@univ/backbone'
import {
  type ConvParams,
  type HostArray,
  type NoisePool,
  type Rng,
  resize,
  ShapeError,
  type Tree,
} from '@univ/nn'
import type { BatchNorms } from './batch-norms'
import { classifyPixels, initClassifier } from './classifier'
import { type ConvModuleParams, convModule, convModuleOfResized, initConvModule } from './conv-module'
import { initPyramidPooling, type PyramidPoolingParams, pyramidPooling } from './pyramid-pooling'

/** UPerNet's head (Xiao et al. 2018); names are mmsegmentation's in camelCase. */
export interface UpernetParams extends PyramidPoolingParams {
  readonly lateralConvs: readonly ConvModuleParams[]
  readonly fpnConvs: readonly ConvModuleParams[]
  readonly fpnBottleneck: ConvModuleParams
  readonly convSeg: ConvParams
}

/**
 * Pyramid pooling of the coarsest map, a top-down path through the finer ones, and all levels joined at the finest.
 * @param maps Finest first, each `[batch, height, width, in]`; sizes need not halve exactly.
 * @param noise Present in training: channel dropout before the classifier.
 * @returns logits at the finest map's size, `[batch, height, width, classes]`
 */
export function upernet(
  maps: readonly FeatureMap[],
  params: UpernetParams,
  norms: BatchNorms,
  noise?: NoisePool,
  path = 'decodeHead',
): tf.Tensor4D {
  const { lateralConvs, fpnConvs, fpnBottleneck } = params
  if (maps.length !== lateralConvs.length + 1)
    throw new ShapeError(`upernet: ${maps.length} maps, the parameters are for ${lateralConvs.length + 1}`)
  const levels = lateralConvs.map((lateral, i) =>
    convModule(maps[i]!.values, lateral, norms, `${path}.lateralConvs.${i}`),
  )
  levels.push(pyramidPooling(maps.at(-1)!.values, params, norms, path))
  for (let i = levels.length - 1; i > 0; i--) {
    const finer = levels[i - 1]!
    levels[i - 1] = tf.add(finer, resize(levels[i]!, finer.shape[1], finer.shape[2]))
  }
  const smoothed = levels.map((level, i) => {
    const smooth = fpnConvs[i]
    return smooth ? convModule(level, smooth, norms, `${path}.fpnConvs.${i}`) : level
  })
  const mixed = convModuleOfResized(smoothed, fpnBottleneck, norms, `${path}.fpnBottleneck`)
  return classifyPixels(mixed, params.convSeg, noise)
}

/** @param widths Channels of the maps, finest first. */
export function initUpernet(
  widths: readonly number[],
  channels: number,
  classes: number,
  rng: Rng,
): Tree<HostArray> {
  const finer = widths.slice(0, -1)
  return {
    ...initPyramidPooling(widths.at(-1)!, channels, rng),
    lateralConvs: finer.map((width) => initConvModule(1, width, channels, rng)),
    fpnConvs: finer.map(() => initConvModule(3, channels, channels, rng)),
    fpnBottleneck: initConvModule(3, widths.length * channels, channels, rng),
    convSeg: initClassifier(channels, classes, rng),
  }
}
