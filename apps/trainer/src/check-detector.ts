import type { EngineName } from '@univ/compile'
import { evaluateCoco, initDetector } from '@univ/heads'
import { type DetectionScene, type Modality, openDetectionLoader } from '@univ/mvip'
import { flattenTree, type HostArray, rng } from '@univ/nn'
import {
  type BackboneWeights,
  compareWithTruth,
  type DetectOptions,
  detectObjects,
  type ImageAnswer,
  openDetector,
  stageShapes,
  type Weights,
} from '@univ/train'

/** AP of a detector in training, on held-out images. */
export interface DetectorCheck {
  run(weights: Weights<HostArray>): Promise<Readonly<Record<string, number>>>
  dispose(): Promise<void>
}

/** Compiles the detector once; every call takes the weights of the moment and scores each modality apart. */
export async function checkDetector(given: {
  readonly options: DetectOptions
  readonly scenes: readonly DetectionScene[]
  readonly classes: readonly string[]
  readonly modalities: readonly Modality[]
  readonly workers?: number
  readonly engine: EngineName
  readonly threads?: number
}): Promise<DetectorCheck> {
  const { options, scenes, classes, modalities, workers } = given
  const { batch, size, detector, slots } = options
  const model = options.model as BackboneWeights
  const stages = Object.entries(flattenTree(initDetector(detector, stageShapes(model.config), rng(0))))
  const card = { detector, classes, modalities, size, window: options.window ?? null }
  const program = await openDetector({ model, detector: Object.fromEntries(stages), card }, batch, {
    engine: given.engine,
    threads: given.threads,
  })
  const start = (await program.readState()) as Weights<HostArray>
  const loaders = modalities.map((modality) => ({
    modality,
    loader: openDetectionLoader({
      scenes,
      modalities: [modality],
      size,
      slots,
      batch,
      workers,
      shuffle: false,
      dropLast: false,
    }),
  }))
  return {
    async run(weights) {
      await program.writeState({ ...start, ...weights })
      const figures: Record<string, number> = {}
      for (const { modality, loader } of loaders) {
        const answers: ImageAnswer[] = []
        for await (const some of detectObjects(program, loader, { batch, size })) answers.push(...some)
        const { truth, detections } = compareWithTruth(answers, classes)
        const { stats } = evaluateCoco(truth, detections)
        figures[`${modality}.AP`] = stats.AP
        figures[`${modality}.AP50`] = stats.AP50
      }
      return figures
    },
    dispose: async () => {
      await Promise.all([program.dispose(), ...loaders.map(({ loader }) => loader.close())])
    },
  }
}
