import { backboneVariants, blockCount, initBackbone } from '@univ/backbone'
import { counted } from '@univ/command-line'
import type { EngineName } from '@univ/compile'
import { type DetectorConfig, detectorVariants } from '@univ/heads'
import {
  type DetectionBatch,
  type DetectionLoader,
  openDetectionLoader,
  problemText,
  readDetectionSet,
} from '@univ/mvip'
import { rng } from '@univ/nn'
import {
  type BackboneWeights,
  type BatchSource,
  type DetectionInput,
  type DetectOptions,
  detectRecipe,
  materialOf,
  slotMasks,
} from '@univ/train'
import { checkDetector } from './check-detector'
import { checkBlocks } from './config/detect-rules'
import type { DetectConfig } from './config/detect-schema'
import { chosenModalities } from './config/shared-schema'
import { decodingOf } from './decoding-of'
import { detectionSource, heldOut } from './detection-source'
import { named } from './named'
import { readBackbone } from './read-backbone'
import { runOptions } from './run-options'
import { optimiserOf, schedulesOf } from './schedules-of'
import { checkRunFolder, type Outcome, type RunFlags, supervisedRun } from './supervised-run'

/** Trains Faster R-CNN on an encoder's maps. */
export async function trainDetector(config: DetectConfig, flags: RunFlags): Promise<Outcome> {
  checkRunFolder(flags)
  const { data, train, seed } = config
  const modalities = chosenModalities(data.modality)
  const set = await readSet(data, detectionSource(data, data.modality, 'train'), data.classes)
  const held = heldOut(data)
  const val = held && (await readSet(data, detectionSource(held, data.modality, 'val'), set.classes))
  const detector = detectorOf(config, set.classes.length)
  if (detector.maskConvs !== null) checkMasks(set)
  const model = await startOf(config)
  checkBlocks(config.encoder, blockCount(model.config), (path, wanted) => {
    throw new Error(`${path}: expected ${wanted}, got [${config.encoder.window?.global}]`)
  })
  const options: DetectOptions = {
    model,
    detector,
    card: { classes: set.classes, modalities },
    batch: train.batch,
    size: data.size,
    slots: data.slots,
    seed,
    ...config.encoder,
    window: config.encoder.window ?? undefined,
    dropPath: train.dropPath,
  }
  const recipe = detectRecipe(options)
  const { size, slots, augment, workers } = data
  const loader = openDetectionLoader({
    scenes: set.scenes,
    modalities,
    size,
    slots,
    augment,
    ...decodingOf(data),
    batch: train.batch,
    seed,
  })
  const engine = config.engine as EngineName
  const check = val
    ? await checkDetector({
        options,
        scenes: val.scenes,
        classes: set.classes,
        modalities,
        workers,
        engine,
        threads: config.threads,
      })
    : undefined
  console.log(
    `${counted(set.scenes.length, 'scene')}, ${modalities.join(' and ')}; classes ${set.classes.join(', ')}; held out ${val?.scenes.length ?? 'none'}`,
  )
  const isLooked = (epoch: number) => (epoch + 1) % config.validateEvery === 0 || epoch + 1 === train.epochs
  try {
    return await supervisedRun<DetectionBatch>(
      {
        ...runOptions(config, flags),
        material: await materialOf({ backbone: config.backbone?.checkpoint }, named('scenes', set.scenes)),
        recipe,
        source: options.detector.maskConvs === null ? loader : withMasks(loader, data),
        optimiser: optimiserOf(train),
        schedules: schedulesOf(train, loader.batchesPerEpoch),
        epochs: train.epochs,
        validate: check && (async (weights, epoch) => (isLooked(epoch) ? check.run(weights) : {})),
      },
      { batch: train.batch, unit: 'images' },
    )
  } finally {
    await Promise.all([loader.close(), check?.dispose()])
  }
}

/** The batches with their objects' masks. */
function withMasks(
  loader: DetectionLoader,
  { slots, size }: DetectConfig['data'],
): BatchSource<DetectionBatch & DetectionInput> {
  return {
    batchesPerEpoch: loader.batchesPerEpoch,
    async *batches(epoch, from) {
      for await (const batch of loader.batches(epoch, from))
        yield { ...batch, masks: slotMasks(batch, slots, size) }
    },
  }
}

async function readSet(
  { onBad, rename }: DetectConfig['data'],
  source: ReturnType<typeof detectionSource>,
  classes: readonly string[] | undefined,
) {
  if (rename && !('path' in source))
    throw new Error('data.rename is of data.path; of folders it is data.annotations.rename')
  const set = await readDetectionSet({ ...source, rename, classes, onBad })
  for (const problem of set.problems) console.warn(`skipped ${problemText(problem)}`)
  return set
}

function checkMasks({ scenes }: Awaited<ReturnType<typeof readSet>>): void {
  const bare = scenes.find(({ objects }) => objects.some(({ segmentation }) => segmentation === undefined))
  if (bare)
    throw new Error(
      `detector.maskConvs: objects of ${bare.id} have boxes alone; masks need COCO annotations with segmentations`,
    )
}

function detectorOf({ detector }: DetectConfig, classes: number): DetectorConfig {
  const { variant, ...changes } = detector
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
  return { ...detectorVariants[variant], ...given, classes }
}

async function startOf({ backbone, model, data, seed }: DetectConfig): Promise<BackboneWeights> {
  if (backbone) return readBackbone(backbone, 'backbone')
  // Positions are made for a square about as large as the canvas.
  const side = 32 * Math.round(Math.sqrt(data.size[0] * data.size[1]) / 32)
  const config = { ...backboneVariants[model]!, image: side }
  return { config, params: initBackbone(config, rng(seed, 'weights')) }
}
