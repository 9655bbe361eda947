/** What fine-tuning adds to the transformer blocks of either family (see `fineTuned`). */
interface TunedBlocks {
  /** Side of the grid of the learned relative position tables; absent: none. */
  readonly relativePosition?: number
  /** LayerNorm epsilon of the blocks. Default 1e-6. */
  readonly epsilon?: number
}

/** Masked-autoencoder decoder, used in pre-training only. */
export interface DecoderConfig {
  readonly width: number
  readonly depth: number
  readonly heads: number
}

/** ConvMAE's hybrid encoder: two convolutional stages, then transformer blocks at stride 16. */
export interface McmaeConfig extends TunedBlocks {
  readonly family: 'mcmae'
  /** Input size in pixels that the stored position embedding stands for. */
  readonly image: number
  readonly widths: readonly [number, number, number]
  readonly depths: readonly [number, number, number]
  /** Heads of stage 3. */
  readonly heads: number
  readonly decoder?: DecoderConfig
  /** Layer scale in stage 3. Default false. */
  readonly layerScale?: boolean
}

/** A plain vision transformer. */
export interface VitConfig extends TunedBlocks {
  readonly family: 'vit'
  readonly image: number
  readonly patch: number
  readonly width: number
  readonly depth: number
  readonly heads: number
  readonly classToken: boolean
  /** Register tokens between class token and patches (DINOv2). */
  readonly registers: number
  readonly layerScale: boolean
}

export type BackboneConfig = McmaeConfig | VitConfig

const mcmae = (
  widths: McmaeConfig['widths'],
  depths: McmaeConfig['depths'],
  heads: number,
  decoder: DecoderConfig,
): McmaeConfig => ({ family: 'mcmae', image: 224, widths, depths, heads, decoder })

/** Base: ConvMAE's published sizes; small and tiny scale it down; trial is the 3-million-parameter model of the walkthrough. */
export const mcmaeVariants = {
  tiny: mcmae([32, 64, 96], [1, 1, 2], 4, { width: 48, depth: 1, heads: 3 }),
  trial: mcmae([48, 96, 192], [1, 1, 6], 6, { width: 96, depth: 2, heads: 3 }),
  small: mcmae([128, 256, 384], [2, 2, 11], 6, { width: 256, depth: 4, heads: 8 }),
  base: mcmae([256, 384, 768], [2, 2, 11], 12, { width: 512, depth: 8, heads: 16 }),
} as const satisfies Record<string, McmaeConfig>

const vit = (width: number, depth: number, heads: number, patch: number): VitConfig => ({
  family: 'vit',
  image: 224,
  patch,
  width,
  depth,
  heads,
  classToken: true,
  registers: 0,
  layerScale: false,
})

/** Sizes: ViT paper, table 1; DeiT for tiny and small. Another patch, registers or layer scale: spread and override. */
export const vitVariants = {
  'tiny/16': vit(192, 12, 3, 16),
  'small/16': vit(384, 12, 6, 16),
  'base/16': vit(768, 12, 12, 16),
  'large/16': vit(1024, 24, 16, 16),
  'small/8': vit(384, 12, 6, 8),
  'base/8': vit(768, 12, 12, 8),
  'small/14': vit(384, 12, 6, 14),
  'base/14': vit(768, 12, 12, 14),
  'large/14': vit(1024, 24, 16, 14),
} as const satisfies Record<string, VitConfig>

/** Names for configuration files: `mcmae/base`, `vit/small/16`. */
export const backboneVariants: Readonly<Record<string, BackboneConfig>> = Object.fromEntries([
  ...Object.entries(mcmaeVariants).map(([name, config]) => [`mcmae/${name}`, config]),
  ...Object.entries(vitVariants).map(([name, config]) => [`vit/${name}`, config]),
])

/** Width of a token. */
export const tokenWidth = (config: BackboneConfig): number =>
  config.family === 'mcmae' ? config.widths[2] : config.width

/** Channels of the maps that `stages` holds, finest first. */
export const stageWidths = (config: BackboneConfig): readonly number[] =>
  config.family === 'mcmae' ? config.widths : [config.width]

/** Pixels between neighbouring tokens. */
export const tokenStride = (config: BackboneConfig): number => (config.family === 'mcmae' ? 16 : config.patch)

/** Transformer blocks, the ones whose attention can be read. */
export const blockCount = (config: BackboneConfig): number =>
  config.family === 'mcmae' ? config.depths[2] : config.depth
