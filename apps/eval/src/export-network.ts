import type { Features } from '@univ/backbone'
import { writeAtomic } from '@univ/checkpoint'
import type { CompiledProgram, Precision } from '@univ/compile'
import { loadImage, type Modality } from '@univ/mvip'
import { compileEncoder, compileSegmenter, loadSegmenter } from '@univ/train'
import { encodeAll, openEncoder } from './encode'
import { type BackboneSource, gridOf, openBackbone } from './open-backbone'

export interface ExportOptions extends BackboneSource {
  /** `encoder`: images to tokens and last attention. `segmenter`: images to logits of their size. */
  readonly network: 'encoder' | 'segmenter'
  readonly precision: Precision
  /** Side of the images. Default: that of the checkpoint's positions. */
  readonly size?: number
  readonly batch: number
  readonly out: string
}

/**
 * Writes a network as one self-contained ONNX file (opset 18) with the input `input.images`, normalised
 * `[batch, size, size, 3]`, and outputs `output.tokens` and `output.attention`, or `output.logits`.
 * @returns its bytes and side
 */
export async function exportNetwork(
  options: ExportOptions,
): Promise<{ readonly bytes: number; readonly size: number }> {
  const { program, size } =
    options.network === 'encoder' ? await encoderProgram(options) : await segmenterProgram(options)
  const file = await program.toOnnx()
  await program.dispose()
  await writeAtomic(options.out, Buffer.from(file.buffer, file.byteOffset, file.byteLength))
  return { bytes: file.byteLength, size }
}

interface Opened {
  readonly program: CompiledProgram
  readonly size: number
}

async function encoderProgram(options: ExportOptions): Promise<Opened> {
  const backbone = await openBackbone(options)
  const size = options.size ?? backbone.config.image
  gridOf(backbone, [size, size])
  const wanted = { tokens: (seen: Features) => seen.tokens, attention: (seen: Features) => seen.attention }
  const program = await compileEncoder(
    backbone,
    { size: [size, size], batch: options.batch, wanted },
    { engine: 'cpu', precision: options.precision, lazy: true },
  )
  return { program, size }
}

async function segmenterProgram({ checkpoint, heads, ...options }: ExportOptions): Promise<Opened> {
  const segmenter = await loadSegmenter(checkpoint, { heads })
  const size = options.size ?? segmenter.model.config.image
  gridOf(segmenter.model, [size, size])
  const shapes = { batch: options.batch, side: size }
  const program = await compileSegmenter(segmenter, shapes, {
    engine: 'cpu',
    precision: options.precision,
    lazy: true,
  })
  return { program, size }
}

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
