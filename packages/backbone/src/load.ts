import { type Checkpoint, loadCheckpoint, writeSafetensors } from '@univ/checkpoint'
import { flattenTree, type HostArray, rng, ShapeError, type Tree, unflattenTree } from '@univ/nn'
import { checkConfig } from './check-config'
import type { BackboneConfig } from './configs'
import { inferConfig } from './infer-config'
import { decoderSpecs } from './masked-autoencoder'
import { mcmaeSpecs } from './mcmae'
import type { ParameterSpec } from './parameter-spec'
import { inversePermutation, permute, torchPlace, toTorchNames } from './torch-names'
import { vitSpecs } from './vit'

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
  /** Attention heads, where neither the file states them nor a preset has its sizes. */
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
  const state: Record<string, HostArray> = Object.create(null) // a file may name a tensor 'constructor'
  for (const [name, tensor] of checkpoint.tensors) {
    if (group && !name.startsWith(`${group}.`)) continue
    const short = (group ? name.slice(group.length + 1) : name).replace(
      /^(module\.|backbone\.|encoder\.)+/,
      '',
    )
    // BEiT's and the authors' name of layer scale in fine-tuned encoders.
    const known = short.replace(/\.gamma_([12])$/, '.ls$1.gamma')
    if (tensor.data instanceof Float32Array)
      state[known] = { shape: tensor.shape, dtype: 'float32', data: tensor.data }
  }
  return state
}

/**
 * Reads a backbone: torch `.pth` or safetensors, the authors' names or ours, whole training checkpoints too.
 * The architecture is inferred from the tensors.
 * @throws ShapeError, naming the file, where the sizes make no sense, a tensor does not fit or holds what is no number, or
 * most of the numbers are missing.
 */
export async function loadBackbone(
  source: string | Uint8Array | Checkpoint,
  options: LoadOptions = {},
): Promise<LoadedBackbone> {
  if (typeof source !== 'string')
    return backboneOf(source instanceof Uint8Array ? await loadCheckpoint(source) : source, options)
  const checkpoint = await loadCheckpoint(source)
  try {
    return backboneOf(checkpoint, options)
  } catch (cause) {
    if (!(cause instanceof ShapeError)) throw cause
    throw new ShapeError(`${source}: ${cause.message}`, { cause })
  }
}

function backboneOf(checkpoint: Checkpoint, options: LoadOptions): LoadedBackbone {
  const state = stateDict(checkpoint, options.which)
  const stored = checkpoint.metadata.univ_config
  const config = checkConfig(stored ? parseConfig(stored) : inferConfig(state, options.heads))
  if (stored && options.heads !== undefined && options.heads !== config.heads)
    throw new ShapeError(
      `heads: ${options.heads} were given, the file states ${config.heads} (univ_config): leave heads out`,
    )
  const specs = Object.entries(flattenTree(allSpecs(config))).map(([path, spec]) => ({
    path,
    spec,
    ...torchPlace(path),
  }))
  const known = new Set(specs.map(({ name }) => name))
  const missing = specs.filter(({ name }) => !state[name])
  refuseMostlyEmpty(
    specs.map(({ spec }) => spec),
    missing.map(({ spec }) => spec),
    missing.map(({ name }) => name),
  )
  const params = specs.map(({ path, name, axes, spec }) => {
    const array = state[name]
    if (!array) return [path, spec.draw(rng(0, 'missing', name))] as const
    checkShape(name, array, axes ? axes.map((axis) => spec.shape[axis]!) : spec.shape, config)
    checkFinite(name, array)
    return [path, axes ? permute(array, inversePermutation(axes)) : array] as const
  })
  return {
    config,
    params: unflattenTree(Object.fromEntries(params)),
    missing: missing.map(({ name }) => name),
    unexpected: Object.keys(state).filter((name) => !known.has(name)),
  }
}

function parseConfig(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ShapeError(`backbone: the file's univ_config is not JSON: ${text.slice(0, 40)}`, { cause })
  }
}

/** Every array that the architecture has; the decoder where the configuration has one. */
function allSpecs(config: BackboneConfig): Tree<ParameterSpec> {
  if (config.family === 'vit') return vitSpecs(config)
  return config.decoder ? { ...mcmaeSpecs(config), ...decoderSpecs(config) } : mcmaeSpecs(config)
}

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1)

/**
 * A few missing arrays are drawn; a file that lacks most of the numbers is another model's, or lies about its sizes,
 * and would have us allocate what it only claims.
 */
function refuseMostlyEmpty(
  all: readonly ParameterSpec[],
  missing: readonly ParameterSpec[],
  names: readonly string[],
): void {
  const total = (specs: readonly ParameterSpec[]) => specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  const [wanted, lacking] = [total(all), total(missing)]
  if (lacking * 2 > wanted)
    throw new ShapeError(
      `the file lacks ${lacking} of the ${wanted} numbers of this architecture: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`,
    )
}

/** A ViT's positions may stand for another square than the configuration's: they are resized at run time. */
function checkShape(
  name: string,
  { shape }: HostArray,
  wanted: readonly number[],
  config: BackboneConfig,
): void {
  if (`${shape}` === `${wanted}`) return
  if (config.family === 'vit' && name === 'pos_embed') {
    const side = Math.sqrt(shape[1]! - Number(config.classToken))
    const fits = shape.length === 3 && shape[0] === 1 && shape[2] === config.width
    if (fits && Number.isInteger(side)) return
    throw new ShapeError(
      `'pos_embed' is [${shape}], wanted [1, ${config.classToken ? 'n² + 1' : 'n²'}, ${config.width}]`,
    )
  }
  throw new ShapeError(`'${name}' is [${shape}], the architecture wants [${wanted}]`)
}

/** Whatever is computed with one such weight is no number either, or hides it: figures of noise. */
function checkFinite(name: string, { data }: HostArray): void {
  for (let i = 0; i < data.length; i++)
    if (!Number.isFinite(data[i])) throw new ShapeError(`${name} holds ${data[i]} (its number ${i})`)
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
