import * as tf from '@tensorflow/tfjs-core'
import { loadCheckpoint } from '@univ/checkpoint'
import { compile, type Program } from '@univ/compile'
import type { HostArray } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { features } from './backbone'
import type { McmaeConfig, VitConfig } from './configs'
import { goldenImages, goldenPath, goldenTensors, relativeError } from './golden'
import { loadBackbone } from './load'
import { drawMask, type MaskedAutoencoderParams, maskedAutoencoder } from './masked-autoencoder'
import { toTorchNames } from './torch-names'
import { embedVit, type VitParams } from './vit'

// Float32 sums in another order differ by some 2e-6 of the largest value. The project's bar of 1e-4 would let a wrong
// LayerNorm epsilon pass (1e-5 for 1e-6 in the blocks moves the outputs by 1e-5 to 4e-5), so this one is tighter.
const tolerance = 1e-5
const pairs = ['FLIR_05164', 'FLIR_07202']

async function runOnce(
  program: Program,
  inputs: Record<string, HostArray>,
  constants: unknown,
): Promise<Record<string, HostArray>> {
  const compiled = await compile(program, { inputs, constants: constants as never }, { engine: 'cpu' })
  const outputs = await compiled.run(inputs)
  await compiled.dispose()
  return outputs
}

const nchw = (t: tf.Tensor4D) => tf.transpose(t, [0, 3, 1, 2])

describe('MCMAE against the authors’ PyTorch', async () => {
  const { config, params, missing, unexpected } = await loadBackbone(goldenPath('mcmae-tiny/checkpoint.pth'))
  const golden = await goldenTensors('mcmae-tiny/features.safetensors')

  it('is recognised by its tensors', () => {
    expect(config).toEqual({
      family: 'mcmae',
      image: 224,
      widths: [32, 64, 96],
      depths: [1, 1, 2],
      heads: 4,
      decoder: { width: 48, depth: 1, heads: 3 },
    })
    expect([missing, unexpected]).toEqual([[], []])
  })

  it('goes back to torch’s names, layouts and numbers', async () => {
    const { tensors } = await loadCheckpoint(goldenPath('mcmae-tiny/checkpoint.pth'))
    const again = toTorchNames(params)
    expect(Object.keys(again).sort()).toEqual([...tensors.keys()].map((name) => name.slice(6)).sort())
    for (const [name, { shape, data }] of tensors)
      expect(again[name.slice('model.'.length)], name).toMatchObject({ shape, data })
  })

  for (const modality of ['rgb', 'ir'] as const) {
    it(`gives the same tokens from ${modality} images`, async () => {
      const images = await goldenImages(
        pairs.map((pair) => `mcmae-tiny/images/${modality}-${pair}.png`),
        modality,
      )
      const outputs = await runOnce(
        ({ inputs, constants }) => {
          const { tokens, attention, stages } = features(inputs.images as tf.Tensor4D, constants, config)
          const first = (t: tf.Tensor4D) => nchw(tf.slice(t, [0, 0, 0, 0], [1, -1, -1, -1]))
          return {
            outputs: {
              tokens,
              attention,
              stage1: first(stages[0]!.values),
              stage2: first(stages[1]!.values),
            },
          }
        },
        { images },
        params,
      )
      expect(relativeError(outputs.tokens!, golden(`${modality}_tokens`))).toBeLessThan(tolerance)
      if (modality === 'ir') return
      expect(relativeError(outputs.attention!, golden('rgb_attention'))).toBeLessThan(tolerance)
      expect(relativeError(outputs.stage1!, golden('rgb_stage1'))).toBeLessThan(tolerance)
      expect(relativeError(outputs.stage2!, golden('rgb_stage2'))).toBeLessThan(tolerance)
    })
  }

  it('gives ConvMAE’s masked-autoencoding loss and prediction', async () => {
    const mae = await goldenTensors('mcmae-tiny/mae.safetensors')
    const images = await goldenImages(
      pairs.map((pair) => `mcmae-tiny/images/rgb-${pair}.png`),
      'rgb',
    )
    const hidden = drawMask(mae('noise'))
    expect(relativeError(hidden.mask, mae('mask'))).toBe(0)
    const outputs = await runOnce(
      ({ inputs, constants }) => {
        const mask = { mask: inputs.mask!, keep: inputs.keep!, restore: inputs.restore! }
        const { loss, prediction } = maskedAutoencoder(
          inputs.images as tf.Tensor4D,
          constants as unknown as MaskedAutoencoderParams,
          config as McmaeConfig,
          mask,
        )
        return { outputs: { loss, prediction: tf.slice(prediction, [0, 0, 0], [1, -1, 96]) } }
      },
      { images, ...hidden },
      params,
    )
    expect(relativeError(outputs.loss!, mae('loss'))).toBeLessThan(tolerance)
    expect(relativeError(outputs.prediction!, mae('pred'))).toBeLessThan(tolerance)
  })
})

describe('ViT against DINO’s PyTorch', async () => {
  const { config, params } = await loadBackbone(goldenPath('vit-tiny/checkpoint.pth'), { heads: 4 })
  const golden = await goldenTensors('vit-tiny/features.safetensors')

  for (const kind of ['square', 'wide'] as const) {
    it(`embeds and encodes a ${kind} image`, async () => {
      const images = await goldenImages([`vit-tiny/images/${kind}-FLIR_00006.png`], 'rgb')
      const outputs = await runOnce(
        ({ inputs, constants }) => {
          const { tokens, attention } = features(inputs.images as tf.Tensor4D, constants, config)
          const embedded = embedVit(
            inputs.images as tf.Tensor4D,
            constants as unknown as VitParams,
            config as VitConfig,
          ).tokens
          return { outputs: { tokens, attention, embedded } }
        },
        { images },
        params,
      )
      for (const [name, array] of Object.entries(outputs))
        expect(relativeError(array, golden(`${kind}_${name}`)), name).toBeLessThan(tolerance)
    })
  }

  it('asks for the heads where no preset has the sizes', async () => {
    await expect(loadBackbone(goldenPath('vit-tiny/checkpoint.pth'))).rejects.toThrow(
      /give the number of heads/,
    )
  })
})
