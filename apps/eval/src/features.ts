import { statSync } from 'node:fs'
import { join } from 'node:path'
import { writeSafetensors } from '@univ/checkpoint'
import type { EngineName } from '@univ/compile'
import { loadImage, type Modality, type ThermalRange } from '@univ/mvip'
import { encodeAll, openEncoder } from './encode'
import { type BackboneSource, gridOf, openBackbone } from './open-backbone'

export interface FeaturesOptions extends BackboneSource {
  readonly modality: Modality
  readonly images: readonly string[]
  /** Of infrared images of more than 8 bits: what the encoder's dataset was built with. Default: each image's percentiles. */
  readonly thermalRange?: ThermalRange
  readonly out: string
  /** Side that images are brought to; default: they keep their own size, which must be the same for all. */
  readonly size?: number
  readonly batch: number
  readonly engine: EngineName
}

/**
 * Writes `tokens` [images, tokens, width] and `attention` [images, heads, tokens, tokens] of the last block; a ViT's
 * class token comes first. Images that already have the right size are not resampled.
 * @returns the two shapes
 */
export async function extractFeatures(
  options: FeaturesOptions,
): Promise<{ readonly tokens: readonly number[]; readonly attention: readonly number[] }> {
  const { images: files, modality, size: side, thermalRange, engine, out } = options
  for (const file of files)
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory())
      throw new Error(`--image ${file} is a folder; name files, e.g. ${join(file, '*.png')}`)
  if (thermalRange && modality === 'rgb')
    throw new Error('a thermal range is of infrared images, and these are to be read as rgb')
  const backbone = await openBackbone(options)
  const open = (index: number) => loadImage({ file: files[index]!, thermalRange }, { modality, size: side })
  const { height, width } = await open(0)
  gridOf(backbone, [height, width])
  const encoder = await openEncoder(backbone, {
    size: [height, width],
    batch: Math.min(options.batch, files.length),
    engine,
    wanted: { tokens: (seen) => seen.tokens, attention: (seen) => seen.attention },
  })
  try {
    const load = async (index: number) => {
      const image = await open(index)
      if (image.height === height && image.width === width) return image.data
      throw new Error(
        `${files[index]} is ${image.height}×${image.width}, ${files[0]} is ${height}×${width}: give --size to bring them to one size`,
      )
    }
    const { tokens, attention } = await encodeAll(encoder, files.length, load, ['tokens', 'attention'])
    await writeSafetensors(out, { tokens, attention }, { modality, images: files.join('\n') })
    return { tokens: tokens.shape, attention: attention.shape }
  } finally {
    await encoder.dispose()
  }
}
