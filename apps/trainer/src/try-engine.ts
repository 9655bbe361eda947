import { initBackbone, mcmaeVariants, paperLora } from '@univ/backbone'
import type { EngineName, TrainingPrecision } from '@univ/compile'
import { rng } from '@univ/nn'
import { compileRecipe, firstLossScale, optimiserFeed, pretrainRecipe } from '@univ/train'

/** What a small step gave. */
export interface Trial {
  /** The engine that ran it. */
  readonly engine: string
  readonly loss: number
  readonly gradNorm: number
}

/** One LoRA pre-training step of a very small encoder, the same numbers on every machine. */
export async function tryEngine(
  engine: EngineName,
  precision: TrainingPrecision = 'float32',
): Promise<Trial> {
  const config = { ...mcmaeVariants.tiny, image: 32, widths: [8, 16, 32], decoder: undefined } as const
  const weights = { config, params: initBackbone(config, rng(1, 'doctor')) }
  const recipe = pretrainRecipe({
    teacher: weights,
    student: weights,
    batch: 1,
    size: 32,
    seed: 1,
    lora: { ...paperLora, dropout: 0 },
  })
  const draw = rng(1, 'images')
  const image = () => Float32Array.from({ length: 32 * 32 * 3 }, () => draw.normal())
  const optimiser = { clip: 3, precision }
  const program = await compileRecipe(recipe, optimiser, { engine })
  const { loss, gradNorm } = await program.run({
    ...recipe.feed({ rgb: image(), ir: image() }, 0),
    ...optimiserFeed(0, { lr: 1e-4, weightDecay: 0.05 }, optimiser, { ...firstLossScale, scale: 256 }),
  })
  await program.dispose()
  return { engine: program.engine, loss: loss!.data[0]!, gradNorm: gradNorm!.data[0]! }
}
