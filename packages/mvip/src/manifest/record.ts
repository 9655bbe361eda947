import { z } from 'zod'
import { numberedKinds } from '../layouts/layout'
import { thermalRangeProblem } from '../thermal-range'

const hex = (bytes: number) =>
  z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`), `${2 * bytes} digits of 0-9 and a-f are wanted`)
const count = z.int().nonnegative()
const rectangle = z.object({ left: count, top: count, width: z.int().positive(), height: z.int().positive() })

/**
 * A path below a dataset's root. Manifests come from anywhere: one that climbs out of the root is refused.
 */
const relativePath = z
  .string()
  .min(1)
  .refine(
    (path) => !/^([/\\]|[a-z]:)/i.test(path) && !path.split(/[/\\]/).includes('..') && !path.includes('\0'),
    'a path below the root is wanted, without ..',
  )

/** Values of each channel. */
const byChannel = z.array(z.number()).min(1).max(4)

/** More than any thumbnail has: a build makes none larger, and no reader takes more memory for one. */
export const thumbnailLimit = 2 ** 24

const image = z
  .strictObject({
    /** Below the root, with `/` between the parts. */
    path: relativePath,
    /** Size of the file. */
    bytes: count,
    /** SHA-256 of the file. */
    sha256: hex(32),
    /** Pixels as shown: EXIF rotation applied, before the crop. */
    width: z.int().positive(),
    height: z.int().positive(),
    /** `jpeg`, `png`, `tiff` … */
    format: z.string(),
    /** How a channel is stored: `uchar`, `ushort`, `float` … */
    depth: z.string(),
    /** `alpha`: the image is the file's fourth channel. */
    channels: z.enum(['colour', 'alpha']),
    /** The part of the image that belongs to the pair: white borders cut off, offset taken out. */
    crop: rectangle.nullable(),
    /** Difference hash: likeness is the number of equal bits. */
    phash: hex(8),
    /** Mean of every channel, 0-255, without white borders: three for visible, one for infrared. */
    mean: byChannel,
    /** Standard deviation of every channel, 0-255. */
    std: byChannel,
    /** Share of the pixels in each sixteenth of the grey values, in thousandths. */
    histogram: z.array(count).length(16),
    /** Mean distance between a pixel's largest and smallest channel, 0-255: 0 = grey. */
    chroma: z.number(),
  })
  .refine(
    ({ crop, width, height }) =>
      !crop || (crop.left + crop.width <= width && crop.top + crop.height <= height),
    { path: ['crop'], message: 'a rectangle within the image is wanted' },
  )

/** One line of a manifest. Fields stand in this order. */
export const manifestRecord = z
  .strictObject({
    /** Source and stem: unique. */
    id: z.string().min(1),
    source: z.string().min(1),
    /** Number of the root in `dataset.json`. */
    root: count,
    /** What was filmed in one go; a sequence is never divided between splits. */
    sequence: z.string().min(1),
    /** Place within the sequence. */
    frame: count,
    split: z.enum(['train', 'val', 'test']),
    /** By the source's own word, or by the visible image's brightness. */
    time: z.enum(['day', 'night']).nullable(),
    vi: image.nullable(),
    ir: image.nullable(),
    /** `dx`, `dy`: how far the scene lies right and down in the infrared image, in pixels of the visible one. */
    alignment: z
      .strictObject({
        dx: z.number(),
        dy: z.number(),
        score: z.number(),
        verdict: z.enum(['aligned', 'misaligned', 'unsure']),
        /** Whether the crops take the offset out. */
        shifted: z.boolean(),
      })
      .nullable(),
    /** Label maps and boxes, as their source writes them. */
    annotations: z.array(
      z.strictObject({ kind: z.string(), path: relativePath, of: z.enum(['vi', 'ir']).nullable() }),
    ),
    /** WebP picture of the pair, side by side: a stretch of `thumbnails.bin`. */
    thumbnail: z.strictObject({ offset: count, length: count.max(thumbnailLimit) }),
  })
  .refine(({ vi, ir }) => vi !== null || ir !== null, {
    path: ['vi'],
    message: 'null like ir: an image is wanted',
  })

export type ManifestRecord = z.infer<typeof manifestRecord>
export type ManifestImage = z.infer<typeof image>

/** What `dataset.json` calls itself, and the version that this program writes. It reads version 1 too, which has no `classes`. */
export const datasetFormat = 'univ-mvip'
export const datasetVersion = 2

/** `dataset.json`: what the manifest's paths start from, and how it was made. */
export const datasetHeader = z.strictObject({
  format: z.literal(datasetFormat),
  version: z.literal([1, datasetVersion]),
  /** In the order of `root` in the records; relative paths start from the folder of this file. */
  roots: z
    .array(
      z.strictObject({
        path: z.string().min(1),
        source: z.string(),
        layout: z.string(),
        /** Class names by number, of the kinds of annotation that hold numbers; null: there are such, without names. */
        classes: z
          .partialRecord(z.enum(numberedKinds), z.array(z.string().min(1)).min(1).nullable())
          .optional(),
      }),
    )
    .min(1),
  /** The options of the build that change its result. */
  options: z.record(z.string(), z.unknown()),
  /** Stored values of wide infrared images that become 0 and 255; absent: each image's own percentiles. */
  thermalRange: z
    .tuple([z.number(), z.number()])
    .superRefine((range, context) => {
      const message = thermalRangeProblem(range)
      if (message) context.addIssue({ code: 'custom', message })
    })
    .optional(),
  counts: z.record(z.string(), count),
})

export type DatasetHeader = z.infer<typeof datasetHeader>
