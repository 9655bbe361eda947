import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { backboneVariants, loadBackbone, type McmaeConfig, mcmaeVariants, tokenStride } from '@univ/backbone'
import type { EngineName } from '@univ/compile'
import {
  holdsDataset,
  type ImageBatch,
  listImages,
  listLabelled,
  openDataset,
  openImageLoader,
  openLabelledLoader,
  readClassNames,
} from '@univ/mvip'
import {
  type BackboneWeights,
  type LabelInput,
  type LabelOptions,
  labelRecipe,
  maeRecipe,
  materialOf,
  type NamedBatch,
} from '@univ/train'
import { checkLabels } from './check-labels'
import type { TeacherConfig } from './config/teacher-schema'
import { decodingOf } from './decoding-of'
import { named } from './named'
import { ownSplit } from './own-split'
import { runOptions } from './run-options'
import { optimiserOf, schedulesOf } from './schedules-of'
import { checkRunFolder, type Outcome, type RunFlags, supervisedRun } from './supervised-run'

/** Label of patches that do not count, as the loader gives it. */
const ignore = -1

/** Trains an RGB encoder on the classes of patches. */
export async function teachWithLabels(
  config: TeacherConfig,
  root: string,
  flags: RunFlags,
): Promise<Outcome> {
  checkRunFolder(flags)
  const { data, train, seed } = config
  const { size, augment } = data
  const model = await startOf(config)
  const { folder, val } = partsOf(root, data.val)
  const options: LabelOptions = {
    model,
    classes: data.classes ?? readClassNames(root).length,
    ignore,
    batch: train.batch,
    size,
    seed,
    dropPath: train.dropPath,
  }
  const recipe = labelRecipe(options)
  const patch = tokenStride(model.config)
  const shared = { size, patch, ignore: data.ignore, batch: train.batch, seed, reuse: true }
  const images = await labelled(folder, 'train')
  const loader = openLabelledLoader({ ...shared, ...decodingOf(data), images, augment })
  const held = val
    ? openLabelledLoader({
        ...shared,
        workers: data.workers,
        images: await labelled(val, 'val'),
        shuffle: false,
        dropLast: false,
      })
    : undefined
  const engine = config.engine as EngineName
  const check = held && (await checkLabels(options, recipe, held, engine, config.threads))
  // The recipe knows patches as `labels`, the loader as `classes`.
  const source = {
    batchesPerEpoch: loader.batchesPerEpoch,
    async *batches(epoch: number, from: number) {
      for await (const { classes, ...batch } of loader.batches(epoch, from))
        yield { ...batch, labels: classes }
    },
  }
  try {
    const run = { ...scheduledRun(config, flags, loader.batchesPerEpoch, { labels: root }), recipe, source }
    return await supervisedRun<LabelInput & NamedBatch>(
      {
        ...run,
        material: await materialOf({ start: config.start }, named('images', images)),
        validate: check?.run,
      },
      { batch: train.batch, unit: 'images' },
    )
  } finally {
    await Promise.all([loader.close(), held?.close(), check?.dispose()])
  }
}

/** Where is trained and where is looked: `train/` and `val/` of a folder, both splits of a built dataset. */
function partsOf(root: string, given: string | null): { readonly folder: string; readonly val?: string } {
  if (holdsDataset(root)) {
    const { counts } = openDataset(root).header
    return { folder: root, val: given ?? (counts['split val'] ? root : undefined) }
  }
  const [folder, val] = ['train', 'val'].map((name) => join(root, name)) as [string, string]
  if (!existsSync(folder)) return { folder: root, val: given ?? undefined }
  return { folder, val: given ?? (existsSync(val) ? val : undefined) }
}

const labelled = (folder: string, purpose: 'train' | 'val') =>
  listLabelled(folder, ownSplit(folder, undefined, purpose))

/** Trains an RGB encoder by masked autoencoding. */
export async function teachByMasking(config: TeacherConfig, root: string, flags: RunFlags): Promise<Outcome> {
  checkRunFolder(flags)
  const { data, train, seed } = config
  const model = await startOf(config)
  if (model.config.family !== 'mcmae')
    throw new Error(`--mae trains MCMAE encoders, ${config.start ?? config.model} is none`)
  const { batch } = train
  const recipe = maeRecipe({
    model: { ...model, config: withDecoder(model.config) },
    batch,
    size: data.size,
    seed,
    ...config.mae,
  })
  const { size, augment } = data
  const images = await listImages(root, ownSplit(root, undefined, 'train'))
  const loader = openImageLoader({
    images,
    batch,
    size,
    augment,
    ...decodingOf(data),
    seed,
    reuse: true,
  })
  try {
    const run = {
      ...scheduledRun(config, flags, loader.batchesPerEpoch, { mae: root }),
      material: await materialOf({ start: config.start }, named('images', images)),
      recipe,
      source: loader,
    }
    return await supervisedRun<ImageBatch>(run, { batch, unit: 'images' })
  } finally {
    await loader.close()
  }
}

/** The options of either way that the batches' number decides too. */
function scheduledRun(
  config: TeacherConfig,
  flags: RunFlags,
  batchesPerEpoch: number,
  task: Readonly<Record<string, string>>,
) {
  return {
    ...runOptions(config, flags, task),
    optimiser: optimiserOf(config.train),
    schedules: schedulesOf(config.train, batchesPerEpoch),
    epochs: config.train.epochs,
  }
}

async function startOf({
  start,
  model,
  data,
}: TeacherConfig): Promise<Pick<BackboneWeights, 'config'> & Partial<BackboneWeights>> {
  if (start !== null) return loadBackbone(start)
  // Positions are made for the size that is trained on.
  return { config: { ...backboneVariants[model]!, image: data.size } }
}

/** The preset's decoder for an encoder that came without one. */
function withDecoder(config: McmaeConfig): McmaeConfig {
  const preset = Object.values(mcmaeVariants).find(({ widths }) => `${widths}` === `${config.widths}`)
  return { ...config, decoder: config.decoder ?? preset?.decoder ?? { width: 96, depth: 2, heads: 3 } }
}
