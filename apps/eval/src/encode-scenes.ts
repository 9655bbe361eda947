import { type LoadedBackbone, tokenStride, tokenWidth } from '@univ/backbone'
import {
  applyLookup,
  fileOf,
  type LabelledPair,
  type LabelRule,
  labelLookup,
  loadImage,
  loadLabels,
  type Modality,
  patchClasses,
} from '@univ/mvip'
import type { TokenSet } from '@univ/pccl'
import { type Encoder, encodeImages } from './encode'
import { fileState, type Journal } from './journal'
import { gridOf } from './open-backbone'
import { readFloats, recordedFloats } from './recorded-answers'

/** Labelled scenes as an encoder sees them. */
export interface EncodedScenes {
  readonly scenes: readonly LabelledPair[]
  /** -1 = does not count: `[scenes, tokens]`. */
  readonly classes: Int32Array
  readonly tokens: Readonly<Partial<Record<Modality, TokenSet>>>
}

/** Tokens of each modality and the class of every patch; images that the journal knows are not encoded again. */
export async function encodeScenes(
  backbone: LoadedBackbone,
  scenes: readonly LabelledPair[],
  modalities: readonly Modality[],
  rule: LabelRule,
  options: {
    /** For images of `size`, giving `tokens`. */
    readonly encoder: Encoder
    readonly size: number
    readonly journal: Journal
    readonly onImages: (images: number) => void
  },
): Promise<EncodedScenes> {
  const { encoder, size, journal, onImages } = options
  const grid = gridOf(backbone, [size, size])
  const lookup = labelLookup(rule)
  const parts: Int32Array[] = []
  for (const { labels } of scenes) {
    const known = applyLookup(await loadLabels(labels, size), lookup, fileOf(labels))
    parts.push(patchClasses(known, size, tokenStride(backbone.config), [255]))
  }
  const classes = new Int32Array(scenes.length * grid[0] * grid[1])
  parts.forEach((part, i) => void classes.set(part, i * part.length))
  const width = tokenWidth(backbone.config)
  const each = grid[0] * grid[1] * width
  const tokens: Partial<Record<Modality, TokenSet>> = {}
  for (const modality of modalities) {
    const data = new Float32Array(scenes.length * each)
    const images = scenes.map((scene) => scene.images[modality]!)
    const keys = scenes.map(
      ({ labels, id }, i) => `${modality} ${fileOf(labels)} ${id} ${fileState(images[i]!)}`,
    )
    const unknown: number[] = []
    for (const i of images.keys()) {
      const known = journal.recall(keys[i]!, (value) => readFloats(value, each))
      if (known) data.set(known, i * each)
      else unknown.push(i)
    }
    if (unknown.length < images.length) onImages(images.length - unknown.length)
    const load = async (k: number) => (await loadImage(images[unknown[k]!]!, { modality, size })).data
    for await (const { first, images: some, outputs } of encodeImages(encoder, unknown.length, load)) {
      for (const [k, i] of unknown.slice(first, first + some).entries()) {
        const found = (outputs.tokens!.data as Float32Array).subarray(k * each, (k + 1) * each)
        data.set(found, i * each)
        journal.record(keys[i]!, recordedFloats(found))
      }
      onImages(some)
    }
    tokens[modality] = { data, images: scenes.length, grid, width }
  }
  return { scenes, classes, tokens }
}
