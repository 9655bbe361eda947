import * as tf from '@tensorflow/tfjs-core'
import { compile } from '@univ/compile'
import { flattenTree, type HostArray, mapTree, rng } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { features, initBackbone } from './backbone'
import { mcmaeVariants } from './configs'
import { relativeError } from './golden'
import { initLora, mergeLora, paperLora, withLora } from './lora'

const config = { ...mcmaeVariants.tiny, image: 32, depths: [1, 1, 1] } as const
const params = initBackbone(config, rng(1))
const fresh = initLora(params, paperLora, rng(2))
const generator = rng(3)
const trained = mapTree(fresh, (leaf) => ({
  ...leaf,
  data: Float32Array.from(leaf.data, () => generator.normal() / 10),
})) as typeof fresh
const images: HostArray = {
  shape: [1, 32, 32, 3],
  dtype: 'float32',
  data: rng(4).fillUniform(new Float32Array(32 * 32 * 3)),
}

async function tokensOf(constants: unknown, lora?: unknown): Promise<HostArray> {
  const program = await compile(
    ({ inputs, constants: frozen, state }) => {
      const weights = lora ? withLora(frozen, state as never, { scale: 4 }) : frozen
      return { outputs: { tokens: features(inputs.images as tf.Tensor4D, weights, config).tokens } }
    },
    { inputs: { images }, constants: constants as never, state: (lora ?? {}) as never },
    { engine: 'cpu' },
  )
  const { tokens } = await program.run({ images })
  await program.dispose()
  return tokens!
}

describe('LoRA', () => {
  it('sits where the authors put it: linears, patch-embedding convolutions and convolutional MLPs', () => {
    expect(Object.keys(fresh).sort()).toEqual([
      'blocks1.0.mlp.fc1',
      'blocks1.0.mlp.fc2',
      'blocks2.0.mlp.fc1',
      'blocks2.0.mlp.fc2',
      'blocks3.0.attn.proj',
      'blocks3.0.attn.qkv',
      'blocks3.0.mlp.fc1',
      'blocks3.0.mlp.fc2',
      'patchEmbed1.proj',
      'patchEmbed2.proj',
      'patchEmbed3.proj',
      'patchEmbed4',
    ])
    expect(fresh['patchEmbed1.proj']!.down.shape).toEqual([4, 4, 3, 8])
  })

  it('leaves the model as it was while `up` is zero', async () => {
    expect(relativeError(await tokensOf(params, fresh), await tokensOf(params))).toBeLessThan(1e-6)
  })

  it('computes beside the kernels what merging adds to them', async () => {
    expect(
      relativeError(await tokensOf(params, trained), await tokensOf(mergeLora(params, trained, 4))),
    ).toBeLessThan(1e-5)
  })

  it('is taken out again, to within 1e-6, by merging with the opposite scale', () => {
    const again = flattenTree(mergeLora(mergeLora(params, trained, 4), trained, -4)) as Record<
      string,
      HostArray
    >
    for (const [path, leaf] of Object.entries(flattenTree(params) as Record<string, HostArray>)) {
      leaf.data.forEach((value, i) => void expect(Math.abs(again[path]!.data[i]! - value)).toBeLessThan(1e-6))
    }
  })

  it('refuses branches for modules that the model lacks', () => {
    expect(() =>
      withLora(
        { a: { kernel: tf.zeros([1, 1]) } } as never,
        { b: { down: tf.zeros([1, 1]), up: tf.zeros([1, 1]) } } as never,
        { scale: 1 },
      ),
    ).toThrow(/no module 'b'/)
  })
})
