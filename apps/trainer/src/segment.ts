import { fineTuned, tokenStride } from '@univ/backbone'
import { counted } from '@univ/command-line'
import type { EngineName } from '@univ/compile'
import { type LabelledPair, listLabelledPairs, openSceneLoader, readClassNames, readStems } from '@univ/mvip'
import {
  type BackboneWeights,
  cardNormalisation,
  iterationSource,
  materialOf,
  type NamedBatch,
  polySchedule,
  type SegmentCard,
  type SegmentInput,
  type SegmentOptions,
  segmentRecipe,
  writeCard,
} from '@univ/train'
import { checkScenes } from './check-scenes'
import type { SegmentConfig } from './config/segment-schema'
import { chosenModalities } from './config/shared-schema'
import { decodingOf } from './decoding-of'
import { named } from './named'
import { ownSplit } from './own-split'
import { readBackbone } from './read-backbone'
import { runOptions } from './run-options'
import { optimiserOf, tellLongWarmup } from './schedules-of'
import { checkRunFolder, type Outcome, type RunFlags, supervisedRun } from './supervised-run'

/** What a segmentation run is made of, before anything is opened. */
interface SegmentPlan {
  readonly options: SegmentOptions
  readonly card: SegmentCard
  readonly scenes: readonly LabelledPair[]
  readonly held: readonly LabelledPair[]
}

/** Trains a segmentation head, and the encoder with it as far as the configuration says. */
export async function segment(config: SegmentConfig, flags: RunFlags): Promise<Outcome> {
  checkRunFolder(flags)
  const { data, train, seed } = config
  const { options, card, scenes, held } = await planOf(config)
  const recipe = segmentRecipe(options)
  const { fit, scale, crop, catMaxRatio, flip } = data
  const loader = openSceneLoader({
    scenes,
    modalities: card.modalities,
    rule: { classes: card.classes.length, ignore: card.ignore, remap: card.remap },
    augment: { fit, scale, crop, catMaxRatio, flip },
    normalisation: cardNormalisation(card),
    batch: train.batch,
    ...decodingOf(data),
    seed,
  })
  console.log(
    `${counted(scenes.length, 'scene')} in ${card.modalities.join(' and ')}, ${counted(card.classes.length, 'class', 'classes')}; encoder ${config.encoder.train}, from ${config.backbone.checkpoint}`,
  )
  const engine = config.engine as EngineName
  const check =
    held.length > 0
      ? await checkScenes(recipe, options, card, held, { engine, threads: config.threads })
      : undefined
  tellLongWarmup('train.warmup', train.warmup, train.iterations, 'iterations')
  const steps = { base: train.lr, final: train.finalLr, steps: train.iterations }
  try {
    return await supervisedRun<SegmentInput & NamedBatch>(
      {
        ...runOptions(config, flags),
        material: await materialOf({ backbone: config.backbone.checkpoint }, named('scenes', scenes)),
        recipe,
        source: iterationSource(loader, train.validateEvery * train.accumulate),
        optimiser: optimiserOf(train),
        schedules: {
          lr: polySchedule({ ...steps, power: train.power, warmup: train.warmup }),
          weightDecay: () => train.weightDecay,
        },
        epochs: train.iterations / train.validateEvery,
        validate: check?.run,
      },
      { batch: options.batch, unit: 'images' },
    )
  } finally {
    await Promise.all([loader.close(), check?.dispose()])
  }
}

async function planOf(config: SegmentConfig): Promise<SegmentPlan> {
  const { data, train, test, encoder, head, loss } = config
  const modalities = chosenModalities(data.modality)
  const scenes = await listLabelledPairs(data.train, {
    modalities,
    only: stems(data.trainList),
    split: ownSplit(data.train, data.trainSplit, 'train'),
  })
  const held =
    data.val === null
      ? []
      : await listLabelledPairs(data.val, {
          modalities,
          only: stems(data.valList),
          split: ownSplit(data.val, data.valSplit, 'val'),
        })
  const classes = data.classes ?? readClassNames(data.train)
  if (classes.length < 2)
    throw new Error(`${data.train}: one class ('${classes[0]}'), at least two are wanted`)
  if (loss.classWeights && loss.classWeights.length !== classes.length)
    throw new Error(`loss.classWeights: ${loss.classWeights.length} weights for ${classes.length} classes`)
  const given = await readBackbone(config.backbone, 'backbone')
  const window = test.window === undefined ? data.crop : test.window
  checkSides({ 'data.crop': data.crop, 'test.window': window }, given)
  const card: SegmentCard = {
    classes,
    ignore: data.ignore,
    ...(data.remap ? { remap: data.remap } : {}),
    modalities,
    fit: data.fit,
    window,
    step: window === null ? null : (test.step ?? Math.floor((2 * window) / 3)),
    irNormalisation: data.irNormalisation,
  }
  const options: SegmentOptions = {
    model: encoder.train === 'frozen' ? given : fineTuned(given, tuningOf(config, given)),
    head: {
      head: head.kind,
      classes: classes.length,
      channels: head.channels,
      auxiliaryChannels: head.auxiliaryChannels,
    },
    encoder: encoder.train === 'lora' ? encoder.lora : encoder.train,
    batch: train.batch * modalities.length,
    crop: data.crop,
    seed: config.seed,
    dropPath: encoder.dropPath,
    layerDecay: encoder.layerDecay,
    classWeights: loss.classWeights ?? undefined,
    average: loss.average,
    auxiliaryWeight: head.auxiliaryWeight,
    metadata: writeCard(card),
  }
  return { options, card, scenes, held: limited(held, test.limit) }
}

/** Fine-tuning adds what the configuration asks for and the encoder has not yet. */
function tuningOf({ encoder, data }: SegmentConfig, { config }: BackboneWeights) {
  return {
    relativePosition: encoder.relativePosition ? data.crop / tokenStride(config) : undefined,
    layerScale: encoder.layerScale ?? undefined,
    epsilon: encoder.epsilon ?? undefined,
  }
}

function checkSides(sides: Readonly<Record<string, number | null>>, { config }: BackboneWeights): void {
  const stride = tokenStride(config)
  for (const [key, side] of Object.entries(sides))
    if (side !== null && side % stride)
      throw new Error(`${key} ${side} is not a multiple of the encoder's stride ${stride}`)
}

const stems = (file: string | undefined) => (file === undefined ? undefined : readStems(file))

/** At most so many, evenly spaced. */
function limited<T>(items: readonly T[], limit: number | null): readonly T[] {
  if (limit === null || items.length <= limit) return items
  return Array.from({ length: limit }, (_, i) => items[Math.floor((i * items.length) / limit)]!)
}
