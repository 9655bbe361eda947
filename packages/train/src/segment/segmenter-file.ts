import { existsSync } from 'node:fs'
import { type LoadOptions, loadBackbone } from '@univ/backbone'
import { type Checkpoint, loadCheckpoint } from '@univ/checkpoint'
import { fromHeadNames, initSegmenter, initStatistics, type SegmenterConfig } from '@univ/heads'
import { type HostArray, rng } from '@univ/nn'
import { extrasFile } from '../extras-file'
import type { Weights } from '../objective'
import type { BackboneWeights } from '../recipe'
import { headWidths } from './segment-model'

/** An encoder with a segmentation head, ready to answer. */
export interface Segmenter {
  readonly model: BackboneWeights
  readonly head: SegmenterConfig
  /** The head's arrays by path. */
  readonly weights: Weights<HostArray>
  readonly statistics: Weights<HostArray>
}

/** A segmenter from files, with the text that was stored beside its head. */
export interface LoadedSegmenter extends Segmenter {
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * Reads an encoder and its head: `last.safetensors` with `last.extras.safetensors` beside it, as `univ-train segment`
 * leaves them, or one checkpoint of mmsegmentation that holds both.
 * @throws Error naming the file where there is no head, or an array that is missing or of another shape.
 */
export async function loadSegmenter(file: string, options: LoadOptions = {}): Promise<LoadedSegmenter> {
  const model = await loadBackbone(file, options)
  const beside = extrasFile(file)
  const source = existsSync(beside) ? beside : file
  const checkpoint = await loadCheckpoint(source)
  const state = headState(checkpoint)
  const head = inferHead(state, source)
  const like = initSegmenter(head, headWidths(model.config, head), rng(0))
  const means = initStatistics(like)
  try {
    const arrays = fromHeadNames({ ...like, ...means }, state)
    const pick = (names: Weights<HostArray>) =>
      Object.fromEntries(Object.keys(names).map((name) => [name, arrays[name]!]))
    const { config, params } = model
    return {
      model: { config, params },
      head,
      weights: pick(like),
      statistics: pick(means),
      metadata: checkpoint.metadata,
    }
  } catch (error) {
    throw new Error(`${source}: ${(error as Error).message}`)
  }
}

/** Arrays by name, without the `state_dict.` and `module.` that training frameworks put in front. */
function headState({ tensors }: Checkpoint): ReadonlyMap<string, HostArray> {
  const state = new Map<string, HostArray>()
  for (const [name, { shape, data }] of tensors)
    if (data instanceof Float32Array)
      state.set(name.replace(/^(state_dict\.|model\.|module\.)+/, ''), { shape, dtype: 'float32', data })
  return state
}

/** The sizes of a head, from its arrays. */
function inferHead(state: ReadonlyMap<string, HostArray>, file: string): SegmenterConfig {
  const classes = state.get('decode_head.conv_seg.weight')?.shape[0]
  if (!classes) throw new Error(`${file}: no segmentation head (decode_head.conv_seg.weight)`)
  const channels = state.get('decode_head.fpn_bottleneck.conv.weight')?.shape[0]
  if (!channels) return { head: 'linear', classes, channels: 0, auxiliaryChannels: 0 }
  const auxiliaryChannels = state.get('auxiliary_head.convs.0.conv.weight')?.shape[0]
  if (!auxiliaryChannels)
    throw new Error(`${file}: UPerNet without its auxiliary head (auxiliary_head.convs.0)`)
  return { head: 'upernet', classes, channels, auxiliaryChannels }
}
