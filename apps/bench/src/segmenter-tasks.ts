import { stageWidths, tokenWidth } from '@univ/backbone'
import { initSegmenter, initStatistics, type SegmenterConfig } from '@univ/heads'
import { type HostArray, rng } from '@univ/nn'
import {
  type BackboneWeights,
  compileRecipe,
  compileSegmenter,
  optimiserFeed,
  segmentRecipe,
} from '@univ/train'
import { noise } from './noise'
import { type TaskOptions, trainingPrecision } from './options'
import type { Task } from './tasks'

/** UPerNet as wide as the tokens, on MSRS's nine classes: what the peer has. */
const headOf = ({ config }: BackboneWeights): SegmenterConfig => ({
  head: 'upernet',
  classes: 9,
  channels: tokenWidth(config),
  auxiliaryChannels: 256,
})

/** Images to logits of their size, as `univ-eval segment` computes them window by window. */
export function segmentInference(model: BackboneWeights, { batch, size }: TaskOptions): Task {
  const head = headOf(model)
  const weights = initSegmenter(head, stageWidths(model.config), rng(7, 'head'))
  const segmenter = { model, head, weights, statistics: initStatistics(weights) }
  const images = noise(batch, size, 'rgb')
  return {
    compile: (options) => compileSegmenter(segmenter, { batch, side: size }, options),
    feed: () => ({ images }),
    shown: 'logits',
  }
}

/** The step of `univ-train segment` with every weight trained; its auxiliary head and dropout the peer does without. */
export function segmentStep(model: BackboneWeights, { batch, size, precision }: TaskOptions): Task {
  const head = headOf(model)
  const optimiser = { precision: trainingPrecision(precision) }
  const recipe = segmentRecipe({ model, head, encoder: 'full', batch, crop: size, seed: 7 })
  const images = noise(batch, size, 'rgb').data as Float32Array
  const draw = rng(7, 'labels')
  const labels = Int32Array.from({ length: batch * size * size }, () => draw.int(head.classes))
  return {
    compile: (options) => compileRecipe(recipe, optimiser, options),
    feed: (step): Record<string, HostArray> => ({
      ...recipe.feed({ images, labels }, step),
      ...optimiserFeed(step, { lr: 1e-4, weightDecay: 0.05 }, optimiser),
    }),
    shown: 'loss',
  }
}
