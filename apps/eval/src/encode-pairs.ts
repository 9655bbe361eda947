import type { LoadedBackbone } from '@univ/backbone'
import type { EngineName } from '@univ/compile'
import type { SourcePair } from '@univ/mvip'
import type { Shift, TokenSet } from '@univ/pccl'
import { encodeAll, openEncoder } from './encode'
import { gridOf } from './open-backbone'
import { loadView, plainViews, shiftedViews } from './views'

/** One encoder's patch tokens of all pairs, as they are and in shifted views. */
export interface EncodedPairs {
  readonly rgb: TokenSet
  readonly ir: TokenSet
  readonly shiftedRgb: TokenSet
  readonly shiftedIr: TokenSet
}

/** @param options.onImages Told after every batch how many images were encoded. */
export async function encodePairs(
  backbone: LoadedBackbone,
  pairs: readonly SourcePair[],
  options: {
    readonly size: number
    readonly shift: Shift
    readonly batch: number
    readonly engine: EngineName
    readonly onImages?: (images: number) => void
  },
): Promise<EncodedPairs> {
  const { size, batch, engine, shift } = options
  const grid = gridOf(backbone, [size, size])
  const moved = shiftedViews(shift, grid)
  const encoder = await openEncoder(backbone, {
    size: [size, size],
    batch,
    engine,
    wanted: { tokens: (seen) => seen.patchTokens },
  })
  const encode = async (modality: 'rgb' | 'ir', views = plainViews): Promise<TokenSet> => {
    const load = (index: number) => loadView(pairs[index]!, modality, size, views)
    const { tokens } = await encodeAll(encoder, pairs.length, load, ['tokens'], options.onImages)
    return { data: tokens.data, images: pairs.length, grid, width: tokens.shape[2]! }
  }
  try {
    return {
      rgb: await encode('rgb'),
      ir: await encode('ir'),
      shiftedRgb: await encode('rgb', moved),
      shiftedIr: await encode('ir', moved),
    }
  } finally {
    await encoder.dispose()
  }
}

/** The tokens of some images. */
export function selectImages(set: TokenSet, images: readonly number[]): TokenSet {
  const each = set.data.length / set.images
  const data = new Float32Array(images.length * each)
  images.forEach((image, i) => void data.set(set.data.subarray(image * each, (image + 1) * each), i * each))
  return { ...set, data, images: images.length }
}

/** Values of some images, where every image has the same number of them. */
export function selectRows(values: Int32Array, total: number, images: readonly number[]): Int32Array {
  const each = values.length / total
  const chosen = new Int32Array(images.length * each)
  images.forEach((image, i) => void chosen.set(values.subarray(image * each, (image + 1) * each), i * each))
  return chosen
}
