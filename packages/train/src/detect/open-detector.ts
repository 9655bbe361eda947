import { fromTorchNames, loadBackbone } from '@univ/backbone'
import { readSafetensors } from '@univ/checkpoint'
import { type CompiledProgram, type CompileOptions, compile } from '@univ/compile'
import { initDetector } from '@univ/heads'
import { flattenTree, type HostArray, rng } from '@univ/nn'
import { extrasFile } from '../extras-file'
import type { Weights } from '../objective'
import type { BackboneWeights } from '../recipe'
import { below } from '../trainable'
import { detectProgram, stageShapes } from './detect-recipe'
import { type DetectorCard, readDetectorCard } from './detector-card'

/** A trained detector: the encoder's file and, beside it, the detector's. */
export interface SavedDetector {
  readonly model: BackboneWeights
  /** By dotted path. */
  readonly detector: Weights<HostArray>
  readonly card: DetectorCard
}

/**
 * Reads what `univ-train detect` saved.
 * @param checkpoint The encoder's file, `last.safetensors`.
 * @throws Error where the files are no detector, or an array is missing or of another shape.
 */
export async function loadDetector(checkpoint: string): Promise<SavedDetector> {
  const model = await loadBackbone(checkpoint)
  const file = extrasFile(checkpoint)
  const { tensors, metadata } = await readSafetensors(file)
  const card = readDetectorCard(metadata)
  if (!card) throw new Error(`${file}: no detector of univ-train detect`)
  const stored = Object.fromEntries(
    [...tensors].map(([name, { shape, data }]) => [name, { shape, dtype: 'float32', data } as HostArray]),
  )
  const arrays = flattenTree(fromTorchNames(stored)) as Record<string, HostArray>
  const wanted = flattenTree(initDetector(card.detector, stageShapes(model.config), rng(0)))
  for (const [path, { shape }] of Object.entries(wanted)) {
    const given = arrays[path]
    if (!given || !(given.data instanceof Float32Array) || `${given.shape}` !== `${shape}`)
      throw new Error(`${file}: '${path}' is ${given ? `[${given.shape}]` : 'missing'}, wanted [${shape}]`)
  }
  return { model, detector: arrays, card }
}

/**
 * A detector compiled for one canvas. Weights are state, so that a run in training can renew them.
 * @param options.lazy Compiled and opened at the first run. Default false.
 * @param options.fixed Weights are constants instead, part of what is exported. Default false.
 */
export function openDetector(
  { model, detector, card }: SavedDetector,
  batch: number,
  {
    fixed = false,
    ...options
  }: Pick<CompileOptions, 'engine' | 'threads' | 'lazy' | 'precision'> & { readonly fixed?: boolean } = {},
): Promise<CompiledProgram> {
  const encoder = flattenTree(model.params) as Record<string, HostArray>
  const weights = { ...below('encoder', encoder), ...below('detector', detector) }
  const program = detectProgram({ model, detector: card.detector, window: card.window ?? undefined })
  const images = { shape: [batch, ...card.size, 3], dtype: 'float32' } as const
  return fixed
    ? compile(
        ({ inputs, constants }) => program({ inputs, constants: {}, state: constants }),
        { inputs: { images }, constants: weights },
        options,
      )
    : compile(program, { inputs: { images }, constants: {}, state: weights }, options)
}
