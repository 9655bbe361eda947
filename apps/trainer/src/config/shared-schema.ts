import { paperLora } from '@univ/backbone'
import { engineNames, isEngineName, trainingPrecisions } from '@univ/compile'
import type { Modality } from '@univ/mvip'
import { z } from 'zod'

/** Whole number, at least 1. */
export const count = z.int().min(1)

/** Side of an image in pixels; more is a slip of the hand. */
export const side = count.max(8192)
export const positive = z.number().positive()
export const share = z.number().min(0).max(1)

/** By how much something is enlarged; more is a slip of the hand. */
export const factor = z.number().min(0.05).max(20)

/** From the smaller one to the larger one. */
const rising = (value: z.ZodNumber) =>
  z.tuple([value, value]).refine(([from, to]) => from <= to, { message: 'the smaller one first' })

/** Between which a scale is drawn. */
export const scaleRange = rising(factor)

/** Which encoder, and how to read it. */
export const backboneShape = {
  /** torch `.pth` or safetensors. */
  checkpoint: z.string().min(1),
  /** Attention heads, where the sizes are no preset's. */
  heads: count.optional(),
  /** Which model of a training checkpoint: `model`, `student`, `teacher` … */
  which: z.string().optional(),
}

export const loraSchema = z.strictObject({
  rank: count.default(paperLora.rank),
  alpha: positive.default(paperLora.alpha),
  dropout: z.number().min(0).max(0.9).default(paperLora.dropout),
  targets: z
    .array(z.string())
    .min(1)
    .default([...paperLora.targets]),
})

/** What a head is trained on: `both` takes every image of either. */
export const modalitySchema = z.enum(['rgb', 'ir', 'both'])

/** Names of classes, in order. */
export const classNames = z
  .array(z.string().min(1))
  .refine((names) => new Set(names).size === names.length, { message: 'names that differ' })

export const splitSchema = z.enum(['train', 'val', 'test'])

/** The modalities that a choice stands for. */
export function chosenModalities(choice: z.output<typeof modalitySchema>): readonly Modality[] {
  return choice === 'both' ? ['rgb', 'ir'] : [choice]
}

/** How products are computed in training; the result differs by rounding, so that a run is resumed with the same. */
export const precisionSchema = z.enum(trainingPrecisions).default('float32')

/** Who decodes images, and what becomes of those that cannot be. */
export const decodingShape = {
  /** Decoding threads; default: cores less one. */
  workers: count.optional(),
  /** Records that cannot be decoded: stop at the first, or let the next sound one stand in for so many of them. */
  onCorrupt: z
    .union([z.literal('refuse'), z.strictObject({ skip: count })], { error: 'refuse or { skip: N }' })
    .default('refuse'),
}

/** How images become batches. */
export const imagesShape = {
  /** Side in pixels: two patches at least, as one alone has none to be told from. */
  size: side.min(32).default(224),
  /** Random crop (shares of height and width) and mirroring; null: the whole image, resized. */
  augment: z
    .strictObject({
      crop: rising(share.min(0.01)).default([0.4, 1]),
      flip: share.default(0.5),
    })
    .nullable()
    .prefault({}),
  ...decodingShape,
}

/** Optimiser and schedule. */
export function trainShape(defaults: {
  readonly epochs: number
  readonly batch: number
  readonly lr: number
  readonly warmupEpochs: number
}) {
  return {
    epochs: count.default(defaults.epochs),
    batch: count.default(defaults.batch),
    /** Batches whose gradients are averaged into one update. */
    accumulate: count.default(1),
    lr: positive.default(defaults.lr),
    /** The rate is multiplied by batch · accumulate / this; null: taken as it is. */
    lrReferenceBatch: count.nullable().default(null),
    finalLr: z.number().min(0).default(1e-6),
    warmupEpochs: z.number().min(0).default(defaults.warmupEpochs),
    /** First and last value of the cosine. */
    weightDecay: z.tuple([z.number().min(0), z.number().min(0)]).default([0.05, 0.05]),
    /** Largest gradient norm of one tensor; null: no clipping. */
    clip: positive.nullable().default(3),
    /** Stochastic depth of the last block. */
    dropPath: z.number().min(0).max(0.9).default(0),
    /** `float16`: mixed precision, for GPU engines; `bfloat16`: the same for CUDA. */
    precision: precisionSchema,
  }
}

/** What does not change the result, and may differ when a run is resumed. */
export const runShape = {
  seed: z.int().default(7),
  /** Folder for checkpoints and logs. */
  out: z.string().min(1).optional(),
  engine: z.string().refine(isEngineName, engineNames).default('auto'),
  threads: count.max(256).optional(),
  /** Compute activations again for the gradients instead of keeping them: less memory, more time. */
  recompute: z.boolean().default(false),
  /** Keep a checkpoint every so many epochs beside `last`; null: only `last`. */
  saveEveryEpochs: count.nullable().default(20),
  /** Batches between two lines of the log. */
  logEvery: count.default(10),
}
