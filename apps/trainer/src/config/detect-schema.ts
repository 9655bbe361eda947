import { backboneVariants } from '@univ/backbone'
import { detectorVariants } from '@univ/heads'
import { boxFormats } from '@univ/mvip'
import { z } from 'zod'
import { detectRules } from './detect-rules'
import {
  backboneShape,
  classNames,
  count,
  decodingShape,
  factor,
  modalitySchema,
  runShape,
  scaleRange,
  share,
  side,
  splitSchema,
  trainShape,
} from './shared-schema'
import { withRules } from './with-rules'

const variants = Object.keys(backboneVariants) as [string, ...string[]]
const strided = side.min(32).refine((value) => value % 32 === 0, { message: 'a multiple of 32' })

const renameSchema = z.record(z.string(), z.string().min(1))

/** Where images and boxes are: `path`, or folders of images and their annotations. */
const sourceShape = {
  /** A built dataset, or a folder in a known layout: it tells images and boxes. */
  path: z.string().min(1).optional(),
  /** Its split. Default of a built dataset: `train`, held out `val`; of a folder all of it. */
  split: splitSchema.optional(),
  /** Folder of visible images. */
  rgb: z.string().min(1).optional(),
  /** Folder of infrared images of the same stems. */
  ir: z.string().min(1).optional(),
  annotations: z
    .strictObject({
      format: z.enum(boxFormats),
      /** Folder of YOLO or KAIST text or VOC XML files, or COCO's JSON file. */
      path: z.string().min(1),
      /** VOC: pixels of a frame around the images that is cut off (DroneVehicle: 100). */
      border: z.int().min(0).max(10_000).optional(),
      /** VOC: right names for others that the files have. */
      rename: renameSchema.optional(),
    })
    .optional(),
  /** Text file with the stems to use, one a line. */
  list: z.string().optional(),
}

const entries = z.strictObject({
  ...runShape,
  /** Sizes of the encoder where no checkpoint is given. */
  model: z.enum(variants).default('mcmae/trial'),
  /** Where the encoder starts; null: from random weights. */
  backbone: z.strictObject(backboneShape).nullable().default(null),
  encoder: z
    .strictObject({
      /** Only the detector learns. */
      frozen: z.boolean().default(false),
      /** Factor on the learning rate from block to block, downwards. */
      layerDecay: z.number().positive().max(1).default(1),
      /** Attention within windows of so many patches a side, but in the blocks named global; null: everywhere. */
      window: z
        .strictObject({ size: count, global: z.array(z.int().min(0)).default([]) })
        .nullable()
        .default(null),
    })
    .prefault({}),
  detector: z
    .strictObject({
      /** Sizes: `base` is ConvMAE's; the entries below replace single ones. */
      variant: z.enum(Object.keys(detectorVariants) as [keyof typeof detectorVariants]).default('small'),
      channels: count.max(4096).optional(),
      anchorSizes: z.tuple([count, count, count, count, count]).optional(),
      anchorRatios: z.array(factor).min(1).max(16).optional(),
      anchorScales: z.array(factor).min(1).max(16).optional(),
      candidates: count.max(100_000).optional(),
      proposals: count.max(10_000).optional(),
      proposalOverlap: share.optional(),
      rpnConvs: count.max(16).optional(),
      rpnSamples: count.max(65_536).optional(),
      rpnObjectShare: share.optional(),
      rpnObjectOverlap: share.optional(),
      rpnBackgroundOverlap: share.optional(),
      regionSamples: count.max(10_000).optional(),
      regionObjectShare: share.optional(),
      /** Convolutions of the mask head; null: boxes only. Masks need COCO annotations with segmentations. */
      maskConvs: count.max(16).nullable().optional(),
      boxConvs: count.max(16).optional(),
      boxWidth: count.max(65_536).optional(),
      scoreThreshold: share.optional(),
      detectionOverlap: share.optional(),
      detections: count.max(1000).optional(),
    })
    .prefault({}),
  data: z.strictObject({
    ...sourceShape,
    /** Held-out images with boxes; entries left out are as for training; null: none. */
    val: z.strictObject(sourceShape).nullable().default(null),
    /** What is trained on: `both` takes every image of either. */
    modality: modalitySchema.default('both'),
    /** VOC files of `path`: right names for others that they have. */
    rename: renameSchema.optional(),
    /** Names of the classes in order; default: what the annotations say. */
    classes: classNames.min(1).optional(),
    /** What to do about boxes and files that cannot be used. */
    onBad: z.enum(['refuse', 'skip']).default('refuse'),
    /** Canvas in pixels, height and width: multiples of 32. */
    size: z.tuple([strided, strided]).default([256, 320]),
    /** Objects that fit an image; of more the smallest are left out. */
    slots: count.max(1000).default(20),
    /** Random scale against the size that fits the canvas, and mirroring; null: whole images. */
    augment: z
      .strictObject({ scale: scaleRange.default([0.8, 1.5]), flip: share.default(0.5) })
      .nullable()
      .prefault({}),
    ...decodingShape,
  }),
  /** Epochs between two looks at the held-out images. */
  validateEvery: count.default(1),
  train: z.strictObject(trainShape({ epochs: 20, batch: 4, lr: 5e-4, warmupEpochs: 1 })).prefault({}),
})

export type DetectConfig = z.output<typeof entries>

/** `univ-train detect`. Defaults suit some hundred images of about 320 pixels; `configs/detect-paper.yaml` has ConvMAE's. */
export const detectSchema = withRules(entries, detectRules)
