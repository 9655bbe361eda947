import { existsSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { blockCount, loadBackbone, tokenStride } from '@univ/backbone'
import type { EngineName } from '@univ/compile'
import { listLabelled, listPairs, loadImage, loadLabels, patchClasses } from '@univ/mvip'
import { type LabelQuality, labelQuality } from '@univ/pccl'
import { openEncoder, pseudoLabelOutputs } from './encode'

export interface TeacherOptions {
  readonly checkpoint: string
  readonly heads?: number
  /** A folder of pairs, or of labelled images. */
  readonly data: string
  /** Folder of label PNGs with the images' stems. */
  readonly labels?: string
  readonly ignore: readonly number[]
  readonly size: number
  readonly limit: number
  readonly engine: EngineName
}

/** One line of the table. */
export interface SourceQuality extends LabelQuality {
  readonly source: string
  /** Block, from 0. */
  readonly layer: number
}

/** RGB images of a folder, with label files where there are any. */
function imagesOf({
  data,
  labels,
}: Pick<TeacherOptions, 'data' | 'labels'>): { image: string; labels?: string }[] {
  const find = (image: string) => {
    const folder = labels ?? join(data, 'labels')
    const file = join(folder, `${basename(image, extname(image))}.png`)
    if (existsSync(file)) return file
    if (labels) throw new Error(`${image} has no label file ${file}`)
    return undefined
  }
  const images =
    existsSync(join(data, 'images')) && existsSync(join(data, 'labels'))
      ? listLabelled(data).map(({ image }) => image)
      : listPairs(data, { onBad: 'skip' }).pairs.map(({ vi }) => vi)
  return images.map((image) => ({ image, labels: find(image) }))
}

/** How good this encoder's pseudo-labels would be, for each source and layer. */
export async function measureTeacher(
  options: TeacherOptions,
): Promise<{ readonly rows: readonly SourceQuality[]; readonly images: number }> {
  const backbone = await loadBackbone(options.checkpoint, { heads: options.heads })
  const { size } = options
  const patch = tokenStride(backbone.config)
  const grid = [size / patch, size / patch] as const
  const images = imagesOf(options).slice(0, options.limit)
  if (images.length === 0) throw new Error(`${options.data}: no images`)
  const encoder = await openEncoder(backbone, {
    size: [size, size],
    batch: 1,
    engine: options.engine,
    wanted: pseudoLabelOutputs(blockCount(backbone.config)),
  })
  const sums = new Map<string, Record<string, number>>()
  for (const { image, labels } of images) {
    const outputs = await encoder.run((await loadImage(image, { modality: 'rgb', size })).data)
    const classes = labels
      ? patchClasses(await loadLabels(labels, size), size, patch, options.ignore)
      : undefined
    for (const [name, array] of Object.entries(outputs)) {
      const quality = labelQuality(array.data as Float32Array, grid, classes) as unknown as Record<
        string,
        number
      >
      const sum = sums.get(name) ?? {}
      for (const [key, value] of Object.entries(quality)) sum[key] = (sum[key] ?? 0) + value / images.length
      sums.set(name, sum)
    }
  }
  await encoder.dispose()
  const rows = [...sums].map(([name, means]) => {
    const [source, layer] = name.split('/') as [string, string]
    return { source, layer: Number(layer), ...(means as unknown as LabelQuality) }
  })
  return {
    rows: rows.sort((a, b) => a.source.localeCompare(b.source) || a.layer - b.layer),
    images: images.length,
  }
}
