import { type Checkpoint, loadCheckpoint, writeSafetensors } from '@univ/checkpoint'
import { flattenTree, type HostArray, rng, ShapeError, type Tree } from '@univ/nn'
import { initBackbone } from './backbone'
import type { BackboneConfig } from './configs'
import { inferConfig } from './infer-config'
import { initDecoder } from './masked-autoencoder'
import { fromTorchNames, toTorchNames } from './torch-names'

/** A backbone from a file. */
export interface LoadedBackbone {
  readonly config: BackboneConfig
  readonly params: Tree<HostArray>
  /** Torch names that the architecture needs and the file lacks (then drawn at random). */
  readonly missing: readonly string[]
  /** Names in the file that the architecture has no place for; left out. */
  readonly unexpected: readonly string[]
}

export interface LoadOptions {
  /** Attention heads, where no preset has the file's sizes. */
  readonly heads?: number
  /** Which of a training checkpoint's models. Default: the first of `model`, `student`, `teacher`, `state_dict`. */
  readonly which?: string
}

const groups = ['model', 'student', 'teacher', 'state_dict']

/** Cuts `model.`, `student.`, `module.`, `backbone.` … off the names of the wished model. */
function stateDict(checkpoint: Checkpoint, which: string | undefined): Record<string, HostArray> {
  const names = [...checkpoint.tensors.keys()]
  const group = which ?? groups.find((name) => names.some((item) => item.startsWith(`${name}.`)))
  if (which && !names.some((name) => name.startsWith(`${which}.`))) {
    throw new ShapeError(
      `the checkpoint has no '${which}'; its names begin with ${[...new Set(names.map((name) => name.split('.')[0]))].join(', ')}`,
    )
  }
  const state: Record<string, HostArray> = {}
  for (const [name, tensor] of checkpoint.tensors) {
    if (group && !name.startsWith(`${group}.`)) continue
    const short = (group ? name.slice(group.length + 1) : name).replace(
      /^(module\.|backbone\.|encoder\.)+/,
      '',
    )
    if (tensor.data instanceof Float32Array)
      state[short] = { shape: tensor.shape, dtype: 'float32', data: tensor.data }
  }
  return state
}

/**
 * Reads a backbone: torch `.pth` or safetensors, the authors' names or ours, whole training checkpoints too.
 * The architecture is inferred from the tensors.
 */
export async function loadBackbone(
  source: string | Uint8Array | Checkpoint,
  options: LoadOptions = {},
): Promise<LoadedBackbone> {
  const checkpoint =
    typeof source === 'string' || source instanceof Uint8Array ? await loadCheckpoint(source) : source
  const state = stateDict(checkpoint, options.which)
  const stored = checkpoint.metadata.univ_config
  const config = stored ? (JSON.parse(stored) as BackboneConfig) : inferConfig(state, options.heads)
  const wanted = toTorchNames(template(config))
  const missing = Object.keys(wanted).filter((name) => !state[name])
  const unexpected = Object.keys(state).filter((name) => !wanted[name])
  const merged: Record<string, HostArray> = {}
  for (const [name, fresh] of Object.entries(wanted)) {
    const array = state[name] ?? fresh
    const free = name === 'pos_embed' // ViT positions of another size than a square are resized at run time
    if (!free && `${array.shape}` !== `${fresh.shape}`)
      throw new ShapeError(`'${name}' is [${array.shape}], the architecture wants [${fresh.shape}]`)
    merged[name] = array
  }
  return { config, params: fromTorchNames(merged), missing, unexpected }
}

/** Every array that the architecture has, at random; the decoder where the configuration has one. */
function template(config: BackboneConfig): Tree<HostArray> {
  const generator = rng(0, 'template')
  const encoder = initBackbone(config, generator) as Readonly<Record<string, Tree<HostArray>>>
  return config.family === 'mcmae' && config.decoder
    ? { ...encoder, ...initDecoder(config, generator) }
    : encoder
}

/** The encoder's part of a tree that may hold a decoder too. */
export function encoderOnly(params: Tree<HostArray>): Tree<HostArray> {
  const decoder = /^(decoder|maskToken|stage\dOutputDecode)/
  return Object.fromEntries(
    Object.entries(params as Record<string, Tree<HostArray>>).filter(([name]) => !decoder.test(name)),
  )
}

/** Writes a backbone as safetensors in torch's names and layouts: the authors' code reads it under `model`. */
export async function saveBackbone(
  path: string,
  params: Tree<HostArray>,
  config: BackboneConfig,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const kept = flattenTree(params)['decoderEmbed.kernel'] ? config : { ...config, decoder: undefined }
  await writeSafetensors(path, toTorchNames(params), { ...metadata, univ_config: JSON.stringify(kept) })
}
