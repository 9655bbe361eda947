import type { CompiledProgram, Precision } from '@univ/compile'
import { type Modality, type Normalisation, normalisation } from '@univ/mvip'

export type NetworkKind = 'encoder' | 'segmenter' | 'detector'

/** What a program that runs an exported network must know. */
export interface NetworkCard {
  readonly network: NetworkKind
  readonly precision: Precision
  readonly inputs: Shapes
  readonly outputs: Shapes
  /** Values of the images: RGB or grey three times, `(pixel / 255 − mean) / std`. */
  readonly normalisation: Readonly<Record<Modality, Normalisation>>
  /** Of an encoder: side of a patch in pixels, and whether a class token stands before the patches. */
  readonly patch?: number
  readonly classToken?: boolean
  /** Names of a segmenter's or a detector's classes, where they are known. */
  readonly classes?: readonly string[]
}

type Shapes = Readonly<Record<string, readonly number[]>>

/** What an opened network says about itself. */
export type NetworkFacts = Pick<NetworkCard, 'patch' | 'classToken' | 'classes'> & {
  /** Where they are not those of pre-training. */
  readonly normalisation?: Readonly<Partial<Record<Modality, Normalisation>>>
}

/** The card of a compiled network. */
export async function networkCard(
  program: CompiledProgram,
  network: NetworkKind,
  precision: Precision,
  { normalisation: own, ...facts }: NetworkFacts,
): Promise<NetworkCard> {
  const { inputs, outputs } = await program.graph()
  return {
    network,
    precision,
    inputs: Object.fromEntries(inputs.map(({ input, shape }) => [input!, shape])),
    outputs: Object.fromEntries(Object.entries(outputs).map(([name, { shape }]) => [name, shape])),
    normalisation: { ...normalisation, ...own },
    ...facts,
  }
}

/** The card as an ONNX file carries it: one text for each field. */
export const cardMetadata = (card: NetworkCard): Record<string, string> =>
  Object.fromEntries(
    Object.entries(card).map(([key, value]) => [
      `univ.${key}`,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )
