import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { features, initBackbone, mcmaeVariants } from '@univ/backbone'
import { mapTree, rng, toTensor } from '@univ/nn'
import { pcclObjective } from '@univ/pccl'
import { describe, expect, it } from 'vitest'
import { fitLogits } from './fit-logits'
import { teacherLabels } from './teacher-labels'

await tf.setBackend('cpu')

describe('fitted logits', () => {
  const config = { ...mcmaeVariants.tiny, image: 64 }
  const teacher = { config, params: initBackbone(config, rng(2)) }
  const labels = { source: 'features', temperature: 1 } as const
  const images = [1, 2].map((seed) => rng(seed, 'images').fillUniform(new Float32Array(2 * 64 * 64 * 3)))

  it('give the visible term its least value before training', async () => {
    async function* batches() {
      yield* images
    }
    const fit = await fitLogits(batches(), { teacher, labels, batch: 2, size: 64, engine: 'cpu' })
    const params = mapTree(teacher.params, toTensor)
    const visibleTerm = (scale: number, bias: number) => {
      const losses = images.map((image) => {
        const seen = features(tf.tensor4d(image, [2, 64, 64, 3]), params, config)
        const anchors = seen.patchTokens
        const given = { rgb: anchors, ir: anchors, anchors, labels: teacherLabels(seen, labels) }
        return pcclObjective(given, {
          logits: { scale: tf.scalar(scale), bias: tf.scalar(bias) },
        }).va.dataSync()[0]!
      })
      return (losses[0]! + losses[1]!) / 2
    }
    const least = visibleTerm(fit.scale, fit.bias)
    expect(least).toBeCloseTo(fit.loss, 3)
    for (const [scale, bias] of [
      [fit.scale * 1.1, fit.bias],
      [fit.scale, fit.bias - 0.3],
      [10, -6],
    ] as const)
      expect(visibleTerm(scale, bias)).toBeGreaterThan(least)
  })
})
