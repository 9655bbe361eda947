import { type LoadedBackbone, loadBackbone, tokenStride } from '@univ/backbone'

/** Which encoder, and how to read it. */
export interface BackboneSource {
  readonly checkpoint: string
  /** Attention heads, where no preset has the sizes. */
  readonly heads?: number
  /** Model of a training checkpoint. */
  readonly which?: string
}

/** Reads an encoder and says on standard error which tensors were missing or left over. */
export async function openBackbone(
  { checkpoint, heads, which }: BackboneSource,
  say: (line: string) => void = console.error,
): Promise<LoadedBackbone> {
  const backbone = await loadBackbone(checkpoint, { heads, which })
  const some = (names: readonly string[]) => names.slice(0, 4).join(', ') + (names.length > 4 ? ', …' : '')
  const { missing, unexpected } = backbone
  if (missing.length > 0)
    say(`${checkpoint}: ${missing.length} tensors are missing and drawn at random: ${some(missing)}`)
  if (unexpected.length > 0)
    say(`${checkpoint}: ${unexpected.length} tensors have no place and are left out: ${some(unexpected)}`)
  return backbone
}

/** Rows and columns of patches. @throws Error where the sides are no multiples of the encoder's stride */
export function gridOf(
  { config }: Pick<LoadedBackbone, 'config'>,
  [height, width]: readonly [number, number],
): readonly [number, number] {
  const stride = tokenStride(config)
  if (height % stride || width % stride)
    throw new Error(
      `images of ${height}×${width} do not divide into patches of ${stride}: give --size as a multiple of it`,
    )
  return [height / stride, width / stride]
}
