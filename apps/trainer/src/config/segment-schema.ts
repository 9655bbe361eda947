import { z } from 'zod'
import { segmentRules } from './segment-rules'
import {
  backboneShape,
  classNames,
  count,
  decodingShape,
  loraSchema,
  modalitySchema,
  positive,
  precisionSchema,
  runShape,
  scaleRange,
  share,
  side,
  splitSchema,
} from './shared-schema'
import { withRules } from './with-rules'

const sides = z
  .tuple([side.min(16), side.min(16)])
  .refine(([long, short]) => long >= short, { message: 'the longer side first' })

const entries = z.strictObject({
  ...runShape,
  /** Keep a checkpoint every so many validations beside `last`; null: only `last`. */
  saveEveryEpochs: count.nullable().default(null),
  /** Where the encoder starts. */
  backbone: z.strictObject(backboneShape),
  encoder: z
    .strictObject({
      /** `frozen`, `lora` (branches and what is added below) or `full`. */
      train: z.enum(['frozen', 'lora', 'full']).default('full'),
      lora: loraSchema.prefault({}),
      /** Learned relative position bias in every block, zero at the start. */
      relativePosition: z.boolean().default(true),
      /** Layer scale of transformer blocks; null: none is added. */
      layerScale: positive.nullable().default(1),
      /** LayerNorm epsilon of transformer blocks; null: as in pre-training. */
      epsilon: positive.nullable().default(1e-5),
      /** Stochastic depth of the last block. */
      dropPath: z.number().min(0).max(0.9).default(0.2),
      /** Factor on the learning rate from block to block, downwards. */
      layerDecay: z.number().positive().max(1).default(0.75),
    })
    .prefault({}),
  head: z
    .strictObject({
      /** `upernet` with its auxiliary head, or `linear`: a probe on the tokens. */
      kind: z.enum(['upernet', 'linear']).default('upernet'),
      channels: count.default(768),
      auxiliaryChannels: count.default(256),
      auxiliaryWeight: z.number().min(0).default(0.4),
    })
    .prefault({}),
  data: z.strictObject({
    /** A built dataset, or a folder with vi/ and ir/ (or images/) beside labels/. */
    train: z.string().min(1),
    /** Text file with the stems to use, one a line. */
    trainList: z.string().optional(),
    /** A split of a built dataset (default `train`), or of a public set that names its splits (MSRS, MFNet, …). */
    trainSplit: splitSchema.optional(),
    /** Held-out scenes of the same kind; null: none. */
    val: z.string().nullable().default(null),
    valList: z.string().optional(),
    /** Default of a built dataset: `val`. */
    valSplit: splitSchema.optional(),
    /** `both` trains one model on the two. */
    modality: modalitySchema.default('rgb'),
    /** Names of the classes; default: those that a build recorded, the lines of classes.txt beside the data, or the layout's. */
    classes: classNames.min(2).max(255).optional(),
    /** Stored ids that do not count; 255 never does. */
    ignore: z.array(z.int().min(0).max(255)).default([]),
    /** Stored id → class, where they differ; ids that are not named are then refused. */
    remap: z.record(z.string().regex(/^\d+$/, 'an id from 0 to 255'), z.int().min(0).max(254)).optional(),
    /** Longest and shortest side that a scene is fitted into first; null: as it is. */
    fit: sides.nullable().default([2048, 512]),
    /** Scale is drawn evenly between these. */
    scale: scaleRange.default([0.5, 2]),
    /** Side of the square that is cut out. */
    crop: side.default(512),
    /** Largest share of a crop that one class may fill. */
    catMaxRatio: share.default(0.75),
    flip: share.default(0.5),
    /** Mean and deviation of infrared pixels in 0-255; null: those of pre-training. */
    irNormalisation: z.strictObject({ mean: z.number(), std: positive }).nullable().default(null),
    ...decodingShape,
  }),
  loss: z
    .strictObject({
      /** One weight for each class. */
      classWeights: z
        .array(z.number().min(0))
        .refine((weights) => weights.some((weight) => weight > 0), { message: 'one weight above 0 at least' })
        .nullable()
        .default(null),
      /** `all`: mmsegmentation's mean over every pixel; `counted`: over those that count. */
      average: z.enum(['all', 'counted']).default('all'),
    })
    .prefault({}),
  train: z
    .strictObject({
      /** Updates in all. */
      iterations: count.default(48_000),
      /** Updates between validations; divides `iterations`. */
      validateEvery: count.default(4800),
      /** Scenes in a batch; with `both` modalities each is two images. */
      batch: count.default(2),
      /** Batches whose gradients are averaged into one update. */
      accumulate: count.default(1),
      lr: positive.default(1e-4),
      finalLr: z.number().min(0).default(0),
      /** Of the poly schedule. */
      power: positive.default(1),
      /** Updates of linear warm-up. */
      warmup: z.int().min(0).default(1500),
      weightDecay: z.number().min(0).default(0.05),
      /** Largest gradient norm of one tensor; null: no clipping. */
      clip: positive.nullable().default(null),
      /** `float16`: mixed precision, for GPU engines; `bfloat16`: the same for CUDA. */
      precision: precisionSchema,
    })
    .refine(({ iterations, validateEvery }) => iterations % validateEvery === 0, {
      message: 'iterations that are a multiple of validateEvery',
      path: ['iterations'],
    })
    .prefault({}),
  test: z
    .strictObject({
      /** Side of sliding windows, a multiple of 16; null: whole images. Default: the crop. */
      window: count
        .refine((value) => value % 16 === 0, { message: 'a multiple of 16' })
        .nullable()
        .optional(),
      /** Pixels between windows, at most the window; default: two thirds of it. */
      step: count.optional(),
      /** Scenes at most in each validation, spread evenly; null: all. */
      limit: count.nullable().default(null),
    })
    .prefault({}),
})

export type SegmentConfig = z.output<typeof entries>

/** `univ-train segment`. Defaults are the authors' for MSRS. */
export const segmentSchema = withRules(entries, segmentRules)
