import {
  type Confusion,
  countPixels,
  emptyConfusion,
  type HostImage,
  joinConfusions,
  type PredictOptions,
  predictClasses,
  resampled,
  type WindowNetwork,
} from '@univ/heads'
import {
  applyLookup,
  fileOf,
  fittedSize,
  type LabelledPair,
  type LabelRule,
  labelLookup,
  loadImage,
  type Modality,
  type Normalisation,
  readLabelImage,
} from '@univ/mvip'

/** How images come to a network and answers to the label map's size. */
export interface SceneReading {
  readonly rule: LabelRule
  readonly normalisation?: Readonly<Partial<Record<Modality, Normalisation>>>
  /** Longest and shortest side that an image is fitted into; null: as it is. */
  readonly fit: readonly [long: number, short: number] | null
  readonly predict?: PredictOptions
}

/** One image with its answer and its truth. */
export interface SceneAnswer {
  readonly scene: LabelledPair
  readonly modality: Modality
  readonly height: number
  readonly width: number
  /** `[height, width]`, the size of the label map. */
  readonly predicted: Uint8Array
  /** The same; 255 = does not count. */
  readonly truth: Uint8Array
  readonly confusion: Confusion
}

/** Predicts a scene in one modality and counts it against its truth. */
export async function predictScene(
  network: WindowNetwork,
  scene: LabelledPair,
  modality: Modality,
  reading: SceneReading,
): Promise<SceneAnswer> {
  const stored = await readLabelImage(scene.labels)
  const truth = applyLookup(stored.ids, labelLookup(reading.rule), fileOf(scene.labels))
  const { height, width } = stored
  const image = await readScene(scene, modality, reading)
  const predicted = await predictClasses(image, network, reading.predict, [height, width])
  const confusion = emptyConfusion(reading.rule.classes)
  countPixels(confusion, truth, predicted)
  return { scene, modality, height, width, predicted, truth, confusion }
}

/** An image as the network wants it: reduced while decoding, enlarged with half-pixel centres as in training. */
async function readScene(
  { images, id }: LabelledPair,
  modality: Modality,
  { fit, normalisation }: Pick<SceneReading, 'fit' | 'normalisation'>,
): Promise<HostImage> {
  const file = images[modality]
  if (!file) throw new Error(`scene ${id} has no ${modality} image`)
  const own = normalisation?.[modality]
  const loaded = await loadImage(file, { modality, normalisation: own })
  const [height, width] = fittedSize(loaded.height, loaded.width, fit)
  if (height <= loaded.height && width <= loaded.width && height * width < loaded.height * loaded.width)
    return {
      ...(await loadImage(file, { modality, normalisation: own, size: [height, width] })),
      channels: 3,
    }
  return resampled({ ...loaded, channels: 3 }, height, width)
}

/** All scenes of one modality counted together. */
export async function evaluateScenes(
  network: WindowNetwork,
  scenes: readonly LabelledPair[],
  modality: Modality,
  reading: SceneReading,
): Promise<Confusion> {
  const parts: Confusion[] = []
  for (const scene of scenes) parts.push((await predictScene(network, scene, modality, reading)).confusion)
  return joinConfusions(parts)
}
