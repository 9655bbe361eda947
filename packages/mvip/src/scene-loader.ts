import { type LabelRule, labelLookup } from './label-classes'
import type { LabelledPair } from './labelled-pairs'
import { type LoaderOptions, openLoader } from './loader'
import type { Modality, Normalisation } from './normalisation'
import { drawSceneView, type SceneAugmentation } from './scene-view'

export interface SceneLoaderOptions extends LoaderOptions {
  readonly scenes: readonly LabelledPair[]
  /** Images of each scene that a batch holds; the scene's view is the same in all. */
  readonly modalities: readonly Modality[]
  readonly rule: LabelRule
  readonly augment: SceneAugmentation
  /** Default: that of pre-training. */
  readonly normalisation?: Readonly<Partial<Record<Modality, Normalisation>>>
}

/** Labelled scenes ready for a step. */
export interface SceneBatch {
  /** Normalised; a scene's modalities one after another: `[batch · modalities, crop, crop, 3]`. */
  readonly images: Float32Array
  /** Class of every pixel, 255 = does not count, as often as the scene has images: `[batch · modalities, crop, crop]`. */
  readonly labels: Int32Array
  readonly epoch: number
  readonly index: number
  readonly ids: readonly string[]
}

export interface SceneLoader {
  readonly batchesPerEpoch: number
  batches(epoch: number, from?: number): AsyncGenerator<SceneBatch>
  close(): Promise<void>
}

/** Batches of scenes with their label maps, decoded in worker threads; fixed by (seed, epoch, index). */
export function openSceneLoader(options: SceneLoaderOptions): SceneLoader {
  const { scenes, modalities, rule, augment, seed = 0 } = options
  const lookup = labelLookup(rule)
  const loader = openLoader(
    scenes.length,
    (item, epoch) => ({
      scene: {
        images: modalities.map((modality) => ({
          file: scenes[item]!.images[modality]!,
          modality,
          normalisation: options.normalisation?.[modality],
        })),
        labels: scenes[item]!.labels,
        lookup,
        view: drawSceneView(augment, seed, epoch, item),
      },
    }),
    options,
  )
  return {
    ...loader,
    async *batches(epoch, from) {
      for await (const { index, items, results } of loader.batches(epoch, from)) {
        const area = augment.crop ** 2
        const images = new Float32Array(results.length * modalities.length * area * 3)
        const labels = new Int32Array(results.length * modalities.length * area)
        results.forEach((result, scene) => {
          result.images.forEach((pixels, which) => {
            const place = scene * modalities.length + which
            images.set(pixels, place * area * 3)
            labels.set(result.labels!, place * area)
          })
        })
        yield { images, labels, epoch, index, ids: items.map((item) => scenes[item]!.id) }
      }
    },
  }
}
