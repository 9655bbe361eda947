import * as tf from '@tensorflow/tfjs-core'
import { type LoadedBackbone, tokenStride } from '@univ/backbone'
import { compile, type EngineName } from '@univ/compile'
import {
  type Confusion,
  countPixels,
  emptyConfusion,
  neighbourVotes,
  type SegmentationScores,
  segmentationScores,
} from '@univ/heads'
import {
  applyLookup,
  type LabelledPair,
  type LabelRule,
  labelLookup,
  listLabelledPairs,
  loadImage,
  loadLabels,
  type Modality,
  patchClasses,
  presentModalities,
  readClassNames,
  readStems,
  type Split,
} from '@univ/mvip'
import type { HostArray } from '@univ/nn'
import { fitProbe, majorityShare, predictProbe, type TokenSet } from '@univ/pccl'
import { encodeAll, openEncoder } from './encode'
import { type BackboneSource, gridOf, openBackbone } from './open-backbone'
import { spread } from './open-pairs'
import type { Progress } from './progress'

export const probeKinds = ['linear', 'knn'] as const
export type ProbeKind = (typeof probeKinds)[number]

/** Scenes of a split. */
export interface SceneSplit {
  readonly data: string
  readonly only?: string
  /** A split of a public set that names its splits. */
  readonly split?: Split
}

export interface ProbeOptions extends BackboneSource {
  /** What is fitted on. */
  readonly train: SceneSplit
  /** What is asked. */
  readonly val: SceneSplit
  readonly kinds: readonly ProbeKind[]
  /** Default: those that both splits have. */
  readonly modalities?: readonly Modality[]
  /** Names of the classes; default: the lines of classes.txt beside the data. */
  readonly classes?: readonly string[]
  readonly ignore: readonly number[]
  readonly size: number
  /** Scenes at most of each split, spread evenly. */
  readonly limit: number
  /** Known patches of k-NN at most, spread evenly. */
  readonly bank: number
  readonly neighbours: number
  readonly temperature: number
  readonly batch: number
  readonly engine: EngineName
  readonly onProgress?: Progress
}

/** A probe fitted in one modality and asked in one. */
export interface ProbeTest {
  readonly kind: ProbeKind
  readonly fitted: Modality
  readonly asked: Modality
  readonly scores: SegmentationScores
  readonly confusion: Confusion
  /** Class of every patch of the asked scenes. */
  readonly predicted: Int32Array
}

export interface PatchProbe {
  readonly classes: readonly string[]
  readonly modalities: readonly Modality[]
  readonly grid: readonly [number, number]
  readonly fitted: number
  readonly scenes: readonly LabelledPair[]
  /** Class of every patch of the asked scenes, -1 = does not count: `[scenes, tokens]`. */
  readonly truth: Int32Array
  /** Share of the most frequent class: what guessing scores. */
  readonly majority: number
  readonly tests: readonly ProbeTest[]
}

interface EncodedSplit {
  readonly scenes: readonly LabelledPair[]
  readonly classes: Int32Array
  readonly tokens: Readonly<Partial<Record<Modality, TokenSet>>>
}

/** Linear and k-NN probes of patch features: fitted in each modality, asked in each. */
export async function measurePatchProbe(options: ProbeOptions): Promise<PatchProbe> {
  const { train, val, size, kinds } = options
  const backbone = await openBackbone(options)
  const grid = gridOf(backbone, [size, size])
  const common = presentModalities(train.data).filter((modality) =>
    presentModalities(val.data).includes(modality),
  )
  const modalities = options.modalities ?? common
  if (modalities.length === 0) throw new Error(`${train.data} and ${val.data} have no modality in common`)
  const names = options.classes ?? readClassNames(train.data)
  const rule = { classes: names.length, ignore: options.ignore }
  const listed = [train, val].map(({ data, only, split }) => {
    const stems = only === undefined ? undefined : readStems(only)
    return spread(listLabelledPairs(data, { modalities, only: stems, split }), options.limit)
  })
  const total = listed.flat().length * modalities.length
  let done = 0
  const onImages = (images: number) => {
    done += images
    options.onProgress?.(done, total)
  }
  const encode = (scenes: readonly LabelledPair[]) =>
    encodeSplit(backbone, scenes, modalities, rule, { ...options, onImages })
  const [known, asked] = [await encode(listed[0]!), await encode(listed[1]!)]
  const tests: ProbeTest[] = []
  for (const kind of kinds) {
    for (const fitted of modalities) {
      const answer = await probeOf(kind, known.tokens[fitted]!, known.classes, names.length, options)
      for (const modality of modalities) {
        const predicted = await answer(asked.tokens[modality]!)
        const confusion = emptyConfusion(names.length)
        countPixels(confusion, asked.classes, predicted, -1)
        tests.push({
          kind,
          fitted,
          asked: modality,
          predicted,
          confusion,
          scores: segmentationScores(confusion),
        })
      }
    }
  }
  return {
    classes: names,
    modalities,
    grid,
    fitted: known.scenes.length,
    scenes: asked.scenes,
    truth: asked.classes,
    majority: majorityShare(asked.classes),
    tests,
  }
}

/** Tokens of each modality and the class of every patch. */
async function encodeSplit(
  backbone: LoadedBackbone,
  scenes: readonly LabelledPair[],
  modalities: readonly Modality[],
  rule: LabelRule,
  options: ProbeOptions & { readonly onImages: (images: number) => void },
): Promise<EncodedSplit> {
  const { size, batch, engine, onImages } = options
  const grid = gridOf(backbone, [size, size])
  const lookup = labelLookup(rule)
  const parts: Int32Array[] = []
  for (const { labels } of scenes) {
    const known = applyLookup(await loadLabels(labels, size), lookup, labels)
    parts.push(patchClasses(known, size, tokenStride(backbone.config), [255]))
  }
  const classes = new Int32Array(scenes.length * grid[0] * grid[1])
  parts.forEach((part, i) => void classes.set(part, i * part.length))
  const encoder = await openEncoder(backbone, {
    size: [size, size],
    batch: Math.min(batch, scenes.length),
    engine,
    wanted: { tokens: (seen) => seen.patchTokens },
  })
  const tokens: Partial<Record<Modality, TokenSet>> = {}
  try {
    for (const modality of modalities) {
      const load = async (i: number) =>
        (await loadImage(scenes[i]!.images[modality]!, { modality, size })).data
      const encoded = await encodeAll(encoder, scenes.length, load, ['tokens'], onImages)
      tokens[modality] = {
        data: encoded.tokens.data,
        images: scenes.length,
        grid,
        width: encoded.tokens.shape[2]!,
      }
    }
  } finally {
    await encoder.dispose()
  }
  return { scenes, classes, tokens }
}

type Answer = (tokens: TokenSet) => Int32Array | Promise<Int32Array>

async function probeOf(
  kind: ProbeKind,
  tokens: TokenSet,
  classes: Int32Array,
  count: number,
  options: ProbeOptions,
): Promise<Answer> {
  if (kind === 'linear') {
    const probe = fitProbe(tokens, classes, count)
    return (asked) => predictProbe(probe, asked)
  }
  return nearestAnswer(tokens, classes, count, options)
}

/** Queries that are compared at once: bounds the matrix of cosines. */
const queriesAtOnce = 512

function nearestAnswer(
  { data, width }: TokenSet,
  classes: Int32Array,
  count: number,
  { bank: most, neighbours, temperature, engine }: ProbeOptions,
): Answer {
  const rows = spread(
    [...classes.keys()].filter((row) => classes[row]! >= 0),
    most,
  )
  const known = new Float32Array(rows.length * width)
  rows.forEach((row, i) => void known.set(data.subarray(row * width, (row + 1) * width), i * width))
  const bank: HostArray = { shape: [rows.length, width], dtype: 'float32', data: known }
  const labels: HostArray = {
    shape: [rows.length],
    dtype: 'int32',
    data: Int32Array.from(rows, (row) => classes[row]!),
  }
  return async (asked) => {
    const program = await compile(
      ({ inputs, constants }) => {
        const given = constants as unknown as Record<'bank' | 'labels', tf.Tensor>
        const votes = neighbourVotes(
          inputs.queries as tf.Tensor2D,
          given.bank as tf.Tensor2D,
          given.labels as tf.Tensor1D,
          {
            classes: count,
            neighbours,
            temperature,
          },
        )
        return { outputs: { answer: tf.argMax(votes, 1) } }
      },
      {
        inputs: { queries: { shape: [queriesAtOnce, width], dtype: 'float32' } },
        constants: { bank, labels },
      },
      { engine },
    )
    const predicted = new Int32Array(asked.data.length / width)
    for (let first = 0; first < predicted.length; first += queriesAtOnce) {
      const queries = new Float32Array(queriesAtOnce * width)
      queries.set(
        asked.data.subarray(first * width, Math.min(predicted.length, first + queriesAtOnce) * width),
      )
      const { answer } = await program.run({
        queries: { shape: [queriesAtOnce, width], dtype: 'float32', data: queries },
      })
      predicted.set(answer!.data.subarray(0, Math.min(queriesAtOnce, predicted.length - first)), first)
    }
    await program.dispose()
    return predicted
  }
}
