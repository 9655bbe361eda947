import type { EngineName } from '@univ/compile'
import { segmentationScores } from '@univ/heads'
import type { LabelledPair } from '@univ/mvip'
import type { HostArray } from '@univ/nn'
import {
  cardReading,
  evaluateScenes,
  openSegmenter,
  type Recipe,
  type SegmentCard,
  type Segmenter,
  type SegmentInput,
  type SegmentOptions,
  type Weights,
} from '@univ/train'

/** mIoU on held-out scenes while a run goes on. */
export interface SceneCheck {
  run(
    weights: Weights<HostArray>,
    epoch: number,
    statistics: Weights<HostArray>,
  ): Promise<Readonly<Record<string, number>>>
  dispose(): Promise<void>
}

/** Compiles the forward pass once; every call takes the weights of the moment. */
export async function checkScenes(
  recipe: Recipe<SegmentInput>,
  { head }: SegmentOptions,
  card: SegmentCard,
  scenes: readonly LabelledPair[],
  engine: { readonly engine: EngineName; readonly threads?: number },
): Promise<SceneCheck> {
  const at = (weights: Weights<HostArray>, statistics: Weights<HostArray>): Segmenter => ({
    model: recipe.backbone(weights),
    head,
    weights: Object.fromEntries(
      Object.entries(weights).flatMap(([path, array]) =>
        path.startsWith('head.') ? [[path.slice('head.'.length), array]] : [],
      ),
    ),
    statistics,
  })
  const opened = await openSegmenter(at(recipe.weights, recipe.statistics ?? {}), {
    ...engine,
    changing: true,
  })
  const reading = cardReading(card, { multiple: opened.multiple, batch: 1 })
  return {
    async run(weights, _, statistics) {
      await opened.update(at(weights, statistics))
      const figures: Record<string, number> = {}
      for (const modality of card.modalities) {
        const counted = await evaluateScenes(opened.network, scenes, modality, reading)
        const { mIoU, mAcc, aAcc } = segmentationScores(counted)
        Object.assign(figures, {
          [`${modality}.mIoU`]: mIoU,
          [`${modality}.mAcc`]: mAcc,
          [`${modality}.aAcc`]: aAcc,
        })
      }
      return figures
    },
    dispose: () => opened.dispose(),
  }
}
