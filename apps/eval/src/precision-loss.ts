import type { Precision } from '@univ/compile'
import { loadImage, type Modality } from '@univ/mvip'
import { encodeAll, openEncoder } from './encode'
import type { ExportOptions } from './export-network'
import { openBackbone } from './open-backbone'

/** Cosines between tokens in a lower precision and in float32, over all tokens of all images. */
export interface PrecisionLoss {
  readonly tokens: number
  readonly mean: number
  readonly least: number
}

/** What the lower precision changes in the features of images, both encoders on the CPU. */
export async function precisionLoss(
  options: ExportOptions & { readonly images: readonly string[]; readonly modality: Modality },
): Promise<PrecisionLoss> {
  const { images, modality, batch } = options
  const backbone = await openBackbone(options, () => undefined)
  const size = options.size ?? backbone.config.image
  const load = async (index: number) => (await loadImage(images[index]!, { modality, size })).data
  const tokensIn = async (precision: Precision) => {
    const encoder = await openEncoder(backbone, {
      size: [size, size],
      batch: Math.min(batch, images.length),
      engine: 'cpu',
      precision,
      wanted: { tokens: (seen) => seen.tokens },
    })
    try {
      return (await encodeAll(encoder, images.length, load, ['tokens'])).tokens
    } finally {
      await encoder.dispose()
    }
  }
  const plain = await tokensIn('float32')
  const cosines = tokenCosines(plain.data, (await tokensIn(options.precision)).data, plain.shape.at(-1)!)
  const mean = cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length
  return { tokens: cosines.length, mean, least: cosines.reduce((a, b) => Math.min(a, b)) }
}

function tokenCosines(a: Float32Array, b: Float32Array, width: number): number[] {
  return Array.from({ length: a.length / width }, (_, token) => {
    let [ab, aa, bb] = [0, 0, 0]
    for (let i = token * width; i < (token + 1) * width; i++) {
      ab += a[i]! * b[i]!
      aa += a[i]! ** 2
      bb += b[i]! ** 2
    }
    return ab / Math.sqrt(aa * bb)
  })
}
