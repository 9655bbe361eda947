import { initBackbone, mcmaeVariants, saveBackbone } from '@univ/backbone'
import { writeSafetensors } from '@univ/checkpoint'
import { detectorVariants } from '@univ/heads'
import { rng } from '@univ/nn'
import { detectRecipe, extrasFile } from '@univ/train'

/** A detector with random numbers, as `univ-train detect` leaves one. */
export async function writeDetector(
  file: string,
  names: readonly string[],
  maskConvs: number | null,
): Promise<void> {
  const config = { ...mcmaeVariants.tiny, image: 64 }
  const model = { config, params: initBackbone(config, rng(1)) }
  const recipe = detectRecipe({
    model,
    // A random detector's scores are low: from 0 on, so that there is something to draw and to count.
    detector: {
      ...detectorVariants.small,
      classes: names.length,
      channels: 8,
      scoreThreshold: 0,
      proposals: 20,
      boxWidth: 16,
      maskConvs,
    },
    card: { classes: names, modalities: ['rgb'] },
    batch: 2,
    size: [64, 64],
    slots: 4,
    seed: 1,
  })
  await saveBackbone(file, model.params, config)
  await writeSafetensors(extrasFile(file), recipe.extras!(recipe.weights, {}) as never, recipe.extrasMetadata)
}
