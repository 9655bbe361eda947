import type * as tf from '@tensorflow/tfjs-core'
import { adaptiveAveragePool, type HostArray, type Rng, type Tree } from '@univ/nn'
import type { BatchNorms } from './batch-norms'
import { type ConvModuleParams, convModule, convModuleOfResized, initConvModule } from './conv-module'

/** Sides of the pooled grids (PSPNet). */
export const poolScales = [1, 2, 3, 6] as const

/** One 1×1 module for each pooled grid, and the 3×3 bottleneck over all of them. */
export interface PyramidPoolingParams {
  readonly pspModules: readonly ConvModuleParams[]
  readonly bottleneck: ConvModuleParams
}

/**
 * Pools the map into 1, 4, 9 and 36 cells, brings them back to its size and joins them with it.
 * @param x `[batch, height, width, in]`
 * @returns `[batch, height, width, channels]`
 */
export function pyramidPooling(
  x: tf.Tensor4D,
  { pspModules, bottleneck }: PyramidPoolingParams,
  norms: BatchNorms,
  path: string,
): tf.Tensor4D {
  const pooled = pspModules.map((module, i) =>
    convModule(adaptiveAveragePool(x, poolScales[i]!), module, norms, `${path}.pspModules.${i}`),
  )
  return convModuleOfResized([x, ...pooled], bottleneck, norms, `${path}.bottleneck`)
}

export function initPyramidPooling(
  from: number,
  channels: number,
  rng: Rng,
): Readonly<Record<string, Tree<HostArray>>> {
  return {
    pspModules: poolScales.map(() => initConvModule(1, from, channels, rng)),
    bottleneck: initConvModule(3, from + poolScales.length * channels, channels, rng),
  }
}
