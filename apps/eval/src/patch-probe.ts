import { resolve } from 'node:path'
import { tokenWidth } from '@univ/backbone'
import type { Report } from '@univ/command-line'
import type { EngineName } from '@univ/compile'
import {
  type Confusion,
  countPixels,
  emptyConfusion,
  type SegmentationScores,
  segmentationScores,
} from '@univ/heads'
import {
  holdsDataset,
  type LabelledPair,
  listLabelledPairs,
  type Modality,
  presentModalities,
  readClassNames,
  readStems,
  type Split,
} from '@univ/mvip'
import { fitProbe, majorityShare, predictProbe } from '@univ/pccl'
import { openEncoder } from './encode'
import { encodeScenes } from './encode-scenes'
import { type Journal, noJournal } from './journal'
import { openNearest, type PatchProbes } from './nearest-patches'
import { type BackboneSource, gridOf, openBackbone } from './open-backbone'
import { spread } from './open-pairs'

export const probeKinds = ['linear', 'knn'] as const
export type ProbeKind = (typeof probeKinds)[number]

/** Scenes of a split. */
export interface SceneSplit {
  readonly data: string
  readonly only?: string
  /** A split of a built dataset, or of a public set that names its splits. */
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
  readonly onProgress?: Report
  /** Features of an interrupted run, and where this run's go. */
  readonly journal?: Journal
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

/** Linear and k-NN probes of patch features: fitted in each modality, asked in each. */
export async function measurePatchProbe(options: ProbeOptions): Promise<PatchProbe> {
  const { train, val, size, kinds } = options
  if (sameScenes(train, val))
    throw new Error(
      `${val.data}: the probe would be fitted on the scenes that it is asked about; give --train-split train and --split val`,
    )
  const backbone = await openBackbone(options)
  const grid = gridOf(backbone, [size, size])
  const [inTrain, inVal] = [await presentModalities(train.data), await presentModalities(val.data)]
  const modalities = options.modalities ?? inTrain.filter((modality) => inVal.includes(modality))
  if (modalities.length === 0) throw new Error(`${train.data} and ${val.data} have no modality in common`)
  const names = options.classes ?? readClassNames(train.data, '--classes')
  const rule = { classes: names.length, ignore: options.ignore }
  const listOf = async ({ data, only, split }: SceneSplit) => {
    const stems = only === undefined ? undefined : readStems(only)
    return spread(await listLabelledPairs(data, { modalities, only: stems, split }), options.limit)
  }
  const listed = [await listOf(train), await listOf(val)]
  const total = listed.flat().length * modalities.length
  let done = 0
  const onImages = (images: number) => {
    done += images
    options.onProgress?.(done, total)
  }
  // Opened at the first image that no journal knows.
  const encoder = await openEncoder(backbone, {
    size: [options.size, options.size],
    batch: Math.min(options.batch, Math.max(...listed.map(({ length }) => length))),
    engine: options.engine,
    wanted: { tokens: (seen) => seen.patchTokens },
    lazy: true,
  })
  const { journal = noJournal } = options
  const encode = (scenes: readonly LabelledPair[]) =>
    encodeScenes(backbone, scenes, modalities, rule, { encoder, size, journal, onImages })
  const [known, asked] = await encode(listed[0]!)
    .then(async (first) => [first, await encode(listed[1]!)] as const)
    .finally(() => encoder.dispose())
  const tests: ProbeTest[] = []
  for (const kind of kinds) {
    const probes = await openProbes(kind, known.classes, names.length, {
      ...options,
      width: tokenWidth(backbone.config),
    })
    try {
      for (const fitted of modalities) {
        const answer = probes.fitted(known.tokens[fitted]!)
        for (const modality of modalities) {
          const predicted = await answer(asked.tokens[modality]!)
          const confusion = emptyConfusion(names.length)
          countPixels(confusion, asked.classes, predicted, -1)
          const scores = segmentationScores(confusion)
          tests.push({ kind, fitted, asked: modality, predicted, confusion, scores })
        }
      }
    } finally {
      await probes.dispose()
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

/** Of a built dataset, whose splits are there to be told apart; folders are what they are given as. */
const sameScenes = (a: SceneSplit, b: SceneSplit): boolean =>
  holdsDataset(a.data) && resolve(a.data) === resolve(b.data) && a.split === b.split && a.only === b.only

async function openProbes(
  kind: ProbeKind,
  classes: Int32Array,
  count: number,
  options: ProbeOptions & { readonly width: number },
): Promise<PatchProbes> {
  if (kind === 'knn') return openNearest(classes, count, options)
  return {
    fitted(known) {
      const probe = fitProbe(known, classes, count)
      return (asked) => predictProbe(probe, asked)
    },
    dispose: async () => undefined,
  }
}
