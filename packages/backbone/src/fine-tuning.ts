import { filled, flattenTree, type HostArray, type Tree, unflattenTree } from '@univ/nn'
import { type BackboneConfig, blockCount, tokenWidth } from './configs'
import type { LoadedBackbone } from './load'
import { relativeDistances } from './relative-position'

type Encoder = Pick<LoadedBackbone, 'config' | 'params'>

/** What an encoder gets for fine-tuning that its pre-training had not. */
export interface FineTuningOptions {
  /** Side of the patch grid that the tables of learned relative position bias are made for; absent: no tables. */
  readonly relativePosition?: number
  /** Layer scale of transformer blocks, starting from this (authors: 1); absent: as it is. */
  readonly layerScale?: number
  /** Epsilon of the LayerNorms in transformer blocks (authors: 1e-5); absent: as it is. */
  readonly epsilon?: number
}

/**
 * The encoder with the fine-tuning options that it does not have yet. Tables start at zero and a layer scale of 1
 * changes nothing, so it answers as before; the absolute positions stay and are resized for another image size.
 */
export function fineTuned(
  { config, params }: Encoder,
  { relativePosition, layerScale, epsilon }: FineTuningOptions,
): Encoder {
  const blocks = config.family === 'mcmae' ? 'blocks3' : 'blocks'
  const flat = { ...(flattenTree(params) as Record<string, HostArray>) }
  for (let i = 0; i < blockCount(config); i++) {
    const at = (name: string) => `${blocks}.${i}.${name}`
    if (relativePosition !== undefined)
      flat[at('attn.relativePositionBiasTable')] ??= filled(
        [relativeDistances(relativePosition), config.heads],
        0,
      )
    if (layerScale !== undefined)
      for (const name of ['ls1.gamma', 'ls2.gamma'])
        flat[at(name)] ??= filled([tokenWidth(config)], layerScale)
  }
  const tuned: BackboneConfig = {
    ...config,
    ...(relativePosition === undefined
      ? {}
      : { relativePosition: config.relativePosition ?? relativePosition }),
    ...(layerScale === undefined ? {} : { layerScale: true }),
    ...(epsilon === undefined ? {} : { epsilon }),
  }
  return { config: tuned, params: unflattenTree(flat) as Tree<HostArray> }
}
