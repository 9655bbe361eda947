import * as tf from '@tensorflow/tfjs-core'
import {
  type BackboneConfig,
  type FeatureMap,
  type Features,
  stageWidths,
  tokenStride,
  tokenWidth,
} from '@univ/backbone'
import type { SegmenterConfig } from '@univ/heads'

/**
 * The maps that a head stands on. UPerNet takes the encoder's stages; a linear probe the tokens after the final norm,
 * which every other use of the encoder sees.
 */
export function headMaps(
  seen: Features,
  config: BackboneConfig,
  { head }: SegmenterConfig,
): readonly FeatureMap[] {
  if (head === 'upernet') return seen.stages
  const { patchTokens, grid } = seen
  const [batch, , width] = patchTokens.shape
  const values = tf.reshape(patchTokens, [batch, ...grid, width]) as tf.Tensor4D
  return [{ stride: tokenStride(config), values }]
}

/** Channels of these maps. */
export const headWidths = (config: BackboneConfig, { head }: SegmenterConfig): readonly number[] =>
  head === 'upernet' ? stageWidths(config) : [tokenWidth(config)]

/** Whether a head leaves this array of the encoder unused: MCMAE's stages end before the final norm. */
export const isUnused = (path: string, config: BackboneConfig, { head }: SegmenterConfig): boolean =>
  head === 'upernet' && config.family === 'mcmae' && path.startsWith('norm.')
