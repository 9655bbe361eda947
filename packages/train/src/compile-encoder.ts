import type * as tf from '@tensorflow/tfjs-core'
import { type Features, features } from '@univ/backbone'
import { type CompiledProgram, type CompileOptions, compile, type InputSpec } from '@univ/compile'
import type { HostArray, Tree } from '@univ/nn'
import type { BackboneWeights } from './recipe'

/** Named results of an encoder, of what it saw in a batch of images. */
export type WantedOutputs = Readonly<Record<string, (seen: Features) => tf.Tensor>>

type Picked<Wanted extends WantedOutputs> = { readonly [Name in keyof Wanted]: tf.Tensor }

/** An encoder as a program of `images`, `[batch, height, width, 3]`, with fixed weights; its outputs are what is wanted. */
export function compileEncoder<Wanted extends WantedOutputs>(
  { config, params }: BackboneWeights,
  {
    size,
    batch,
    wanted,
  }: {
    readonly size: readonly [height: number, width: number]
    readonly batch: number
    readonly wanted: Wanted
  },
  options: CompileOptions,
): Promise<CompiledProgram<{ readonly images: InputSpec }, Tree<HostArray>, Picked<Wanted>>> {
  return compile(
    ({ inputs, constants }) => {
      const seen = features(inputs.images, constants, config)
      const picked = Object.entries(wanted).map(([name, pick]) => [name, pick(seen)])
      return { outputs: Object.fromEntries(picked) as Picked<Wanted> }
    },
    { inputs: { images: { shape: [batch, ...size, 3], dtype: 'float32' } }, constants: params },
    options,
  )
}
