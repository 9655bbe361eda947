import type { Features } from '@univ/backbone'
import { tokenStride } from '@univ/backbone'
import { writeAtomic } from '@univ/checkpoint'
import type { CompiledProgram, CompileOptions, Precision } from '@univ/compile'
import {
  cardNormalisation,
  compileEncoder,
  compileSegmenter,
  loadDetector,
  loadSegmenter,
  openDetector,
  readCard,
} from '@univ/train'
import {
  cardMetadata,
  type NetworkCard,
  type NetworkFacts,
  type NetworkKind,
  networkCard,
} from './network-card'
import { type BackboneSource, gridOf, openBackbone } from './open-backbone'

export interface ExportOptions extends BackboneSource {
  /**
   * `encoder`: images to tokens and last attention. `segmenter`: images to logits of their size. `detector`: images to boxes,
   * scores and classes, and masks where it has them.
   */
  readonly network: NetworkKind
  readonly precision: Precision
  /** Side of the images. Default: that of the checkpoint's positions; a detector's canvas is given. */
  readonly size?: number
  readonly batch: number
  readonly out: string
}

/** A network before it is written. */
interface Opened {
  readonly program: CompiledProgram
  readonly facts: NetworkFacts
}

/**
 * Writes a network as one self-contained ONNX file (opset 18), and beside it, as `OUT.json` and among the file's metadata, what
 * a program that runs it must know. The input is `input.images`, normalised `[batch, height, width, 3]`.
 * @returns its bytes and its card
 * @throws Error where the checkpoint has no such network, or the size does not fit it.
 */
export async function exportNetwork(
  options: ExportOptions,
): Promise<{ readonly bytes: number; readonly card: NetworkCard }> {
  const { network, precision, out } = options
  const { program, facts } = await open[network](options, { engine: 'cpu', precision, lazy: true })
  const card = await networkCard(program, network, precision, facts)
  const file = await program.toOnnx(undefined, cardMetadata(card))
  await program.dispose()
  await writeAtomic(out, Buffer.from(file.buffer, file.byteOffset, file.byteLength))
  await writeAtomic(`${out}.json`, Buffer.from(`${JSON.stringify(card, null, 2)}\n`))
  return { bytes: file.byteLength, card }
}

const open: Readonly<
  Record<NetworkKind, (given: ExportOptions, options: CompileOptions) => Promise<Opened>>
> = { encoder, segmenter, detector }

async function encoder(given: ExportOptions, options: CompileOptions): Promise<Opened> {
  const backbone = await openBackbone(given)
  const { config } = backbone
  const size = given.size ?? config.image
  gridOf(backbone, [size, size])
  const wanted = { tokens: (seen: Features) => seen.tokens, attention: (seen: Features) => seen.attention }
  const program = await compileEncoder(backbone, { size: [size, size], batch: given.batch, wanted }, options)
  const classToken = config.family === 'vit' && config.classToken
  return { program, facts: { patch: tokenStride(config), classToken } }
}

async function segmenter(
  { checkpoint, heads, ...given }: ExportOptions,
  options: CompileOptions,
): Promise<Opened> {
  const loaded = await loadSegmenter(checkpoint, { heads })
  const side = given.size ?? loaded.model.config.image
  gridOf(loaded.model, [side, side])
  const program = await compileSegmenter(loaded, { batch: given.batch, side }, options)
  const card = readCard(loaded.metadata)
  return { program, facts: card ? { classes: card.classes, normalisation: cardNormalisation(card) } : {} }
}

async function detector(
  { checkpoint, batch, size }: ExportOptions,
  options: CompileOptions,
): Promise<Opened> {
  const saved = await loadDetector(checkpoint)
  if (size !== undefined)
    throw new Error(
      `a detector has the canvas that it was trained with, ${saved.card.size.join(' × ')}: leave --size out`,
    )
  const program = await openDetector(saved, batch, { ...options, fixed: true })
  return { program, facts: { classes: saved.card.classes } }
}
