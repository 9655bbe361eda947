import { loadBackbone } from '@univ/backbone'
import { writeSafetensors } from '@univ/checkpoint'
import type { EngineName } from '@univ/compile'
import { loadImage, type Modality } from '@univ/mvip'
import { openEncoder } from './encode'

export interface FeaturesOptions {
  readonly checkpoint: string
  readonly heads?: number
  readonly modality: Modality
  readonly images: readonly string[]
  readonly out: string
  /** Side of the images; default: images keep their own size, which must then be the same. */
  readonly size?: number
  readonly engine: EngineName
}

/** Writes `tokens` [images, tokens, width] and `attention` [images, heads, tokens, tokens]. */
export async function extractFeatures(
  options: FeaturesOptions,
): Promise<{ readonly tokens: readonly number[]; readonly attention: readonly number[] }> {
  const backbone = await loadBackbone(options.checkpoint, { heads: options.heads })
  const loaded = await Promise.all(
    options.images.map((file) => loadImage(file, { modality: options.modality, size: options.size })),
  )
  const { height, width } = loaded[0]!
  const odd = loaded.findIndex((image) => image.height !== height || image.width !== width)
  if (odd >= 0) {
    throw new Error(
      `${options.images[odd]} is ${loaded[odd]!.height}×${loaded[odd]!.width}, ${options.images[0]} is ${height}×${width}: give --size to bring them to one size`,
    )
  }
  const encoder = await openEncoder(backbone, {
    size: [height, width],
    batch: 1,
    engine: options.engine,
    wanted: { tokens: (seen) => seen.tokens, attention: (seen) => seen.attention },
  })
  const results: Awaited<ReturnType<typeof encoder.run>>[] = []
  for (const { data } of loaded) results.push(await encoder.run(data))
  await encoder.dispose()
  const join = (name: 'tokens' | 'attention') => {
    const first = results[0]![name]!
    const data = new Float32Array(first.data.length * results.length)
    results.forEach((result, i) => void data.set(result[name]!.data as Float32Array, i * first.data.length))
    return { shape: [results.length, ...first.shape.slice(1)], dtype: 'float32' as const, data }
  }
  const [tokens, attention] = [join('tokens'), join('attention')]
  await writeSafetensors(
    options.out,
    { tokens, attention },
    { modality: options.modality, images: options.images.join('\n') },
  )
  return { tokens: tokens.shape, attention: attention.shape }
}
