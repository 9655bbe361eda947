import { backboneVariants } from '@univ/backbone'
import { z } from 'zod'
import { count, imagesShape, runShape, trainShape } from './shared-schema'

const variants = Object.keys(backboneVariants) as [string, ...string[]]

/** `univ-train teacher`. Defaults suit some hundred images and the 3-million-parameter model. */
export const teacherSchema = z.strictObject({
  ...runShape,
  model: z.enum(variants).default('mcmae/trial'),
  /** Weights to start from (say, masked autoencoding before labels); the file's sizes then replace `model`. */
  start: z.string().nullable().default(null),
  data: z
    .strictObject({
      ...imagesShape,
      /** Number of classes; default: the lines of `classes.txt` beside the images. */
      classes: count.optional(),
      /** Class ids that do not count. */
      ignore: z.array(z.int().min(0).max(255)).default([]),
      /** Held-out images with labels; default: `val/` beside `train/`, where there is one. */
      val: z.string().nullable().default(null),
    })
    .prefault({}),
  mae: z
    .strictObject({
      maskRatio: z.number().min(0.05).max(0.95).default(0.75),
      normPixels: z.boolean().default(true),
    })
    .prefault({}),
  train: z.strictObject(trainShape({ epochs: 20, batch: 16, lr: 1e-3, warmupEpochs: 2 })).prefault({}),
})

export type TeacherConfig = z.output<typeof teacherSchema>
