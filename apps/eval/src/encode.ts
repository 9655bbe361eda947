import * as tf from '@tensorflow/tfjs-core'
import { features, type LoadedBackbone, tokenStride } from '@univ/backbone'
import { type CompiledProgram, compile, type EngineName } from '@univ/compile'
import type { HostArray } from '@univ/nn'
import { attentionPseudoLabels, similarityPseudoLabels, type TokenSet } from '@univ/pccl'

/** Arrays that an encoder gives for a batch of images. */
export interface Encoder {
  readonly batch: number
  run(images: Float32Array): Promise<Readonly<Record<string, HostArray>>>
  dispose(): Promise<void>
}

type Wanted = Readonly<Record<string, (seen: ReturnType<typeof features>) => tf.Tensor>>

/** Compiles an encoder for one image size; smaller last batches are filled up and cut off again. */
export async function openEncoder(
  { config, params }: LoadedBackbone,
  options: {
    readonly size: readonly [number, number]
    readonly batch: number
    readonly engine: EngineName
    readonly wanted: Wanted
  },
): Promise<Encoder> {
  const { size, batch, engine, wanted } = options
  const shape = [batch, ...size, 3]
  const pixels = size[0] * size[1] * 3
  const program: CompiledProgram = await compile(
    ({ inputs, constants }) => {
      const seen = features(inputs.images as tf.Tensor4D, constants, config)
      return { outputs: Object.fromEntries(Object.entries(wanted).map(([name, pick]) => [name, pick(seen)])) }
    },
    { inputs: { images: { shape, dtype: 'float32' } }, constants: params },
    { engine },
  )
  return {
    batch,
    async run(images) {
      const count = images.length / pixels
      const full = new Float32Array(batch * pixels)
      full.set(images)
      const outputs = await program.run({ images: { shape, dtype: 'float32', data: full } })
      const cut = (array: HostArray): HostArray => ({
        ...array,
        shape: [count, ...array.shape.slice(1)],
        data: array.data.slice(0, (array.data.length / batch) * count),
      })
      return Object.fromEntries(Object.entries(outputs).map(([name, array]) => [name, cut(array)]))
    },
    dispose: () => program.dispose(),
  }
}

/** The wanted outputs of `univ-eval align`: patch tokens. */
export const alignOutputs: Wanted = {
  tokens: (seen) => seen.patchTokens,
}

/** Pseudo-labels of every source at every layer, named `source/layer`. */
export function pseudoLabelOutputs(layers: number): Wanted {
  const outputs: Record<string, (seen: ReturnType<typeof features>) => tf.Tensor> = {}
  for (let layer = 0; layer < layers; layer++) {
    outputs[`attention/${layer}`] = (seen) =>
      attentionPseudoLabels(seen.blocks[layer]!.attention, 0.6, seen.prefix)
    outputs[`keys/${layer}`] = (seen) =>
      similarityPseudoLabels(patches(seen.blocks[layer]!.keys, seen.prefix))
    outputs[`features/${layer}`] = (seen) =>
      similarityPseudoLabels(
        layer === layers - 1 ? seen.patchTokens : patches(seen.blocks[layer]!.tokens, seen.prefix),
      )
  }
  return outputs
}

const patches = (tokens: tf.Tensor3D, prefix: number): tf.Tensor3D =>
  (prefix === 0 ? tokens : tf.slice(tokens, [0, prefix, 0], [-1, -1, -1])) as tf.Tensor3D

/** Grid of patches of an image. */
export const gridOf = (
  { config }: LoadedBackbone,
  size: readonly [number, number],
): readonly [number, number] => {
  const stride = tokenStride(config)
  return [size[0] / stride, size[1] / stride]
}

/** Tokens of batches one after another. */
export function joinTokens(parts: readonly HostArray[], grid: readonly [number, number]): TokenSet {
  const width = parts[0]!.shape[2]!
  const images = parts.reduce((sum, { shape }) => sum + shape[0]!, 0)
  const data = new Float32Array(images * grid[0] * grid[1] * width)
  let offset = 0
  for (const part of parts) {
    data.set(part.data as Float32Array, offset)
    offset += part.data.length
  }
  return { data, images, grid, width }
}
