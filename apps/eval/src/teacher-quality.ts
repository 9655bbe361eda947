import type * as tf from '@tensorflow/tfjs-core'
import { blockCount, tokenStride } from '@univ/backbone'
import type { Report } from '@univ/command-line'
import type { EngineName } from '@univ/compile'
import { loadImage, loadLabels, patchClasses } from '@univ/mvip'
import type { HostArray } from '@univ/nn'
import {
  type LabelQuality,
  type LogitFit,
  labelQuality,
  logitFitter,
  type PseudoLabelOptions,
  tokenCosines,
} from '@univ/pccl'
import { teacherLabels, type WantedOutputs } from '@univ/train'
import { encodeImages, openEncoder } from './encode'
import { type BackboneSource, gridOf, openBackbone } from './open-backbone'
import { spread } from './open-pairs'
import { listRgbImages, type RgbImage } from './rgb-images'

export const labelSources = ['attention', 'keys', 'features'] as const
export type LabelSource = (typeof labelSources)[number]

export interface TeacherOptions
  extends BackboneSource,
    Pick<PseudoLabelOptions, 'temperature' | 'centre' | 'mass'> {
  /** A folder of pairs, of labelled images, or of images. */
  readonly data: string
  /** Folder of label PNGs with the images' stems. */
  readonly labels?: string
  readonly ignore: readonly number[]
  readonly size: number
  readonly limit: number
  readonly batch: number
  readonly engine: EngineName
  /** Images whose pseudo-labels are kept for the report. Default 0. */
  readonly pictures?: number
  readonly onProgress?: Report
}

/** One line of the table. */
export interface SourceQuality extends LabelQuality {
  readonly source: LabelSource
  /** Block, from 0. */
  readonly layer: number
  /** Scale and bias that learned logits should start with; absent where the labels are all of one kind. */
  readonly logits?: LogitFit
}

/** Pseudo-labels of one image, for pictures. */
export interface ShownLabels {
  readonly image: RgbImage['image']
  /** By `source/layer`: `[tokens, tokens]`. */
  readonly labels: Readonly<Record<string, Float32Array>>
}

export interface TeacherQuality {
  readonly rows: readonly SourceQuality[]
  readonly images: number
  readonly grid: readonly [number, number]
  /** Mean distance of any two patches: what positives drawn at random would have. */
  readonly chanceDistance: number
  readonly shown: readonly ShownLabels[]
}

export const labelName = ({ source, layer }: Pick<SourceQuality, 'source' | 'layer'>): string =>
  `${source}/${layer}`

/** How good this encoder's pseudo-labels would be, for each source and layer. */
export async function measureTeacher(options: TeacherOptions): Promise<TeacherQuality> {
  const { size, engine, temperature, centre, mass } = options
  const images = spread(await listRgbImages(options.data, options.labels), options.limit)
  const backbone = await openBackbone(options)
  const grid = gridOf(backbone, [size, size])
  const patch = tokenStride(backbone.config)
  const rules = labelSources.flatMap((source) =>
    Array.from({ length: blockCount(backbone.config) }, (_, layer) => ({ source, layer })),
  )
  const wanted: WantedOutputs = {
    ...Object.fromEntries(
      rules.map((rule) => [
        labelName(rule),
        (seen): tf.Tensor => teacherLabels(seen, { ...rule, temperature, centre, mass }),
      ]),
    ),
    // What the logits of a student that starts as the teacher are made of.
    cosines: ({ patchTokens }) => tokenCosines(patchTokens),
  }
  const encoder = await openEncoder(backbone, {
    size: [size, size],
    batch: Math.min(options.batch, images.length),
    engine,
    wanted,
  })
  const classes = await Promise.all(images.map((image) => classesOf(image, size, patch, options.ignore)))
  const kept = new Set(spread([...images.keys()], options.pictures ?? 0))
  const fitters = new Map(rules.map((rule) => [labelName(rule), logitFitter()]))
  const shown: ShownLabels[] = []
  const qualities = new Map(rules.map((rule) => [labelName(rule), [] as LabelQuality[]]))
  const load = async (index: number) =>
    (await loadImage(images[index]!.image, { modality: 'rgb', size })).data
  try {
    for await (const { first, images: count, outputs } of encodeImages(encoder, images.length, load)) {
      for (let i = 0; i < count; i++) {
        const { cosines, ...own } = Object.fromEntries(
          Object.entries(outputs).map(([name, array]) => [name, part(array, i)]),
        )
        for (const [name, labels] of Object.entries(own)) {
          qualities.get(name)!.push(labelQuality(labels, grid, classes[first + i]))
          fitters.get(name)!.add(cosines!, labels)
        }
        if (kept.has(first + i)) shown.push({ image: images[first + i]!.image, labels: own })
      }
      options.onProgress?.(first + count, images.length)
    }
  } finally {
    await encoder.dispose()
  }
  const rows = rules.map((rule) => {
    const quality = pooled(qualities.get(labelName(rule))!)
    const bothKinds = quality.positiveRate > 0 && quality.positiveRate < 1
    return { ...rule, ...quality, ...(bothKinds ? { logits: fitters.get(labelName(rule))!.fit() } : {}) }
  })
  return { rows, images: images.length, grid, chanceDistance: meanDistance(grid), shown }
}

const part = ({ data, shape }: HostArray, index: number): Float32Array => {
  const each = data.length / shape[0]!
  return (data as Float32Array).slice(index * each, (index + 1) * each)
}

async function classesOf(
  { labels }: RgbImage,
  size: number,
  patch: number,
  ignore: readonly number[],
): Promise<Int32Array | undefined> {
  if (labels === undefined) return undefined
  const classes = patchClasses(await loadLabels(labels, size), size, patch, ignore)
  return classes.some((label) => label >= 0) ? classes : undefined // an image of ignored pixels says nothing
}

/** Over all images; distance and precision count every positive alike, so images weigh as their positives. */
export function pooled(qualities: readonly LabelQuality[]): LabelQuality {
  const mean = (pick: (quality: LabelQuality) => number, weight: (quality: LabelQuality) => number) => {
    const total = qualities.reduce((sum, quality) => sum + weight(quality), 0)
    return (
      qualities.reduce((sum, quality) => sum + pick(quality) * weight(quality), 0) / Math.max(total, 1e-12)
    )
  }
  const every = () => 1
  const base = {
    positiveRate: mean((quality) => quality.positiveRate, every),
    distance: mean(
      (quality) => quality.distance,
      (quality) => quality.positiveRate,
    ),
    emptyRows: mean((quality) => quality.emptyRows, every),
  }
  if (qualities.every(({ precision }) => precision === undefined)) return base
  return {
    ...base,
    precision: mean(
      (quality) => quality.precision ?? 0,
      (quality) => (quality.precision === undefined ? 0 : quality.positiveRate),
    ),
    baseRate: mean(
      (quality) => quality.baseRate ?? 0,
      (quality) => Number(quality.baseRate !== undefined),
    ),
  }
}

function meanDistance([rows, columns]: readonly [number, number]): number {
  const tokens = rows * columns
  let sum = 0
  for (let a = 0; a < tokens; a++) {
    for (let b = 0; b < tokens; b++)
      sum += Math.hypot(Math.floor(a / columns) - Math.floor(b / columns), (a % columns) - (b % columns))
  }
  return sum / tokens ** 2
}
