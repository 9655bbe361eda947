import type * as tf from '@tensorflow/tfjs-core'
import { type Features, features } from '@univ/backbone'
import { type CompiledProgram, type CompileOptions, compile } from '@univ/compile'
import type { BackboneWeights } from './recipe'

/** Named results of an encoder, of what it saw in a batch of images. */
export type WantedOutputs = Readonly<Record<string, (seen: Features) => tf.Tensor>>

/** An encoder as a program of `images`, `[batch, height, width, 3]`, with fixed weights. */
export function compileEncoder(
  { config, params }: BackboneWeights,
  {
    size,
    batch,
    wanted,
  }: {
    readonly size: readonly [height: number, width: number]
    readonly batch: number
    readonly wanted: WantedOutputs
  },
  options: CompileOptions,
): Promise<CompiledProgram> {
  return compile(
    ({ inputs, constants }) => {
      const seen = features(inputs.images, constants, config)
      return { outputs: Object.fromEntries(Object.entries(wanted).map(([name, pick]) => [name, pick(seen)])) }
    },
    { inputs: { images: { shape: [batch, ...size, 3], dtype: 'float32' } }, constants: params },
    options,
  )
}
