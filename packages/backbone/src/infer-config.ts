import { type HostArray, ShapeError } from '@univ/nn'
import {
  type BackboneConfig,
  backboneVariants,
  type DecoderConfig,
  type McmaeConfig,
  type VitConfig,
} from './configs'

type State = Readonly<Record<string, HostArray>>

/** How many blocks `prefix.0`, `prefix.1`, … there are. */
function countBlocks(state: State, prefix: string): number {
  const numbered = new RegExp(`^${prefix}\\.(\\d+)\\.`)
  let count = 0
  for (const name of Object.keys(state)) {
    const index = numbered.exec(name)?.[1]
    if (index !== undefined) count = Math.max(count, Number(index) + 1)
  }
  return count
}

/** Heads leave no trace in the tensors: the preset of the same sizes knows them, else the caller must. */
function headsOf(
  sizes: Partial<McmaeConfig> | Partial<VitConfig>,
  width: number,
  given: number | undefined,
): number {
  const fits = (preset: BackboneConfig) =>
    Object.entries(sizes).every(
      ([key, value]) =>
        JSON.stringify((preset as unknown as Record<string, unknown>)[key]) === JSON.stringify(value),
    )
  const heads = given ?? Object.values(backboneVariants).find(fits)?.heads
  if (!heads)
    throw new ShapeError(
      `no preset has ${JSON.stringify(sizes)}: give the number of heads (a divisor of ${width})`,
    )
  if (width % heads) throw new ShapeError(`heads ${heads} do not divide the width ${width}`)
  return heads
}

/**
 * The architecture that a state dict in torch's names belongs to.
 * @throws ShapeError where the names are of neither family, or the heads are unknown.
 */
export function inferConfig(state: State, heads?: number): BackboneConfig {
  if (state['patch_embed1.proj.weight']) return inferMcmae(state, heads)
  if (state['patch_embed.proj.weight']) return inferVit(state, heads)
  const names = Object.keys(state).slice(0, 5).join(', ')
  throw new ShapeError(
    `neither MCMAE (patch_embed1.proj.weight) nor ViT (patch_embed.proj.weight); the first names are ${names}`,
  )
}

function inferMcmae(state: State, given?: number): McmaeConfig {
  const widths = [1, 2, 3].map((stage) => state[`patch_embed${stage}.proj.weight`]?.shape[0] ?? 0) as [
    number,
    number,
    number,
  ]
  const depths = [1, 2, 3].map((stage) => countBlocks(state, `blocks${stage}`)) as [number, number, number]
  const tokens = state.pos_embed?.shape[1] ?? 196
  const heads = headsOf({ family: 'mcmae', widths, depths }, widths[2], given)
  return {
    family: 'mcmae',
    image: Math.round(Math.sqrt(tokens)) * 16,
    widths,
    depths,
    heads,
    decoder: inferDecoder(state, widths, depths),
    ...inferTuning(state, 'blocks3'),
  }
}

/** The authors' fine-tuned encoders have tables of relative positions, layer scale and PyTorch's epsilon. */
function inferTuning(state: State, blocks: string) {
  const table = state[`${blocks}.0.attn.relative_position_bias_table`]
  const tuned = table ? { relativePosition: (Math.sqrt(table.shape[0]!) + 1) / 2, epsilon: 1e-5 } : {}
  return state[`${blocks}.0.ls1.gamma`] ? { ...tuned, layerScale: true } : tuned
}

function inferDecoder(
  state: State,
  widths: McmaeConfig['widths'],
  depths: McmaeConfig['depths'],
): DecoderConfig | undefined {
  const width = state['decoder_embed.weight']?.shape[0]
  if (!width) return undefined
  const depth = countBlocks(state, 'decoder_blocks')
  const preset = Object.values(backboneVariants).find(
    (item) =>
      item.family === 'mcmae' &&
      `${item.widths}|${item.depths}` === `${widths}|${depths}` &&
      item.decoder?.width === width,
  ) as McmaeConfig | undefined
  return { width, depth, heads: preset?.decoder?.heads ?? likelyHeads(width) }
}

/** MAE's decoders have 16 heads of 32; other sizes keep heads of 16, or wider ones where 16 does not divide. */
function likelyHeads(width: number): number {
  if (width % 32 === 0) return width / 32
  let heads = Math.max(1, Math.floor(width / 16))
  while (width % heads) heads--
  return heads
}

function inferVit(state: State, given?: number): VitConfig {
  const [width, , patch] = state['patch_embed.proj.weight']!.shape as [number, number, number, number]
  const positions = state.pos_embed?.shape[1]
  if (!positions)
    throw new ShapeError(
      'ViT without pos_embed: rotary positions (DINOv3) and other computed ones are not supported; ' +
        'files of DINO, DINOv2, MAE and timm’s ViTs with learned or fixed pos_embed are',
    )
  const classToken = state.cls_token !== undefined && Math.sqrt(positions) % 1 !== 0
  const side = Math.round(Math.sqrt(positions - Number(classToken)))
  const depth = countBlocks(state, 'blocks')
  return {
    family: 'vit',
    image: side * patch,
    patch,
    width,
    depth,
    heads: headsOf({ family: 'vit', width, depth }, width, given),
    classToken,
    registers: state.register_tokens?.shape[1] ?? 0,
    layerScale: state['blocks.0.ls1.gamma'] !== undefined,
  }
}
