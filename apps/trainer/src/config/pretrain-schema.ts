import { z } from 'zod'
import { defaultTemperature, pretrainRules } from './pretrain-rules'
import {
  backboneShape,
  imagesShape,
  loraSchema,
  positive,
  runShape,
  share,
  trainShape,
} from './shared-schema'
import { withRules } from './with-rules'

/**
 * `univ-train pretrain`. Defaults are the paper's but for the update, which is one of a single device: batches of 32 pairs
 * without `accumulate` (the paper: 8 GPUs of 32 pairs), the rate as it is (`lrReferenceBatch: 256`), no warm-up (40 epochs),
 * weight decay 0.05 throughout (0.05 to 0.5), float32 (fp16 autocast). `configs/paper.yaml` sets all but the last.
 */
const entries = z.strictObject({
  ...runShape,
  data: z.strictObject({
    ...imagesShape,
    /** Patches by which the student's window may be displaced against the teacher's; 0 as published. */
    shift: z.int().min(0).max(8).default(0),
    roots: z
      .array(
        z.strictObject({
          path: z.string().min(1),
          /** Text file with the stems to use, one a line. */
          list: z.string().optional(),
          /** Of a built dataset; folders and shards are all `train`. */
          split: z.enum(['train', 'val', 'test']).default('train'),
        }),
      )
      .min(1),
    layout: z.enum(['auto', 'folders', 'mvip']).default('auto'),
    /** What to do about files without a partner. */
    onBad: z.enum(['refuse', 'skip']).default('refuse'),
  }),
  /** The frozen RGB encoder. */
  teacher: z.strictObject(backboneShape),
  /** Where the student starts; null: as the teacher. */
  student: z.strictObject(backboneShape).nullable().default(null),
  /** null: every weight is trained. */
  lora: loraSchema.nullable().prefault({}),
  /** Which patches belong together. */
  labels: z
    .strictObject({
      source: z.enum(['attention', 'keys', 'features']).default('attention'),
      /** Block of the teacher; negative counts from the end. */
      layer: z.int().default(-1),
      temperature: positive.default(defaultTemperature),
      centre: z.boolean().default(true),
      mass: share.positive().default(0.6),
    })
    .prefault({}),
  /**
   * `fixed`: cosine / temperature. `learned`: scale · cosine + bias, trained from these values. `fitted`: the same,
   * trained from the values with which the teacher would best give its own labels.
   */
  logits: z
    .strictObject({
      kind: z.enum(['fixed', 'learned', 'fitted']).default('fixed'),
      temperature: positive.default(0.04),
      scale: positive.default(10),
      bias: z.number().default(-6),
    })
    .prefault({}),
  loss: z
    .strictObject({
      alpha: z.number().min(0).default(1),
      beta: z.number().min(0).default(1),
      rgbTerm: z.enum(['pccl', 'patch-similarity', 'mse']).default('pccl'),
      /** Lower the labels of infrared patches without information. */
      irInfo: z.boolean().default(false),
    })
    .prefault({}),
  train: z.strictObject(trainShape({ epochs: 400, batch: 32, lr: 1.5e-4, warmupEpochs: 0 })).prefault({}),
})

export type PretrainConfig = z.output<typeof entries>

export const pretrainSchema = withRules(entries, pretrainRules)
