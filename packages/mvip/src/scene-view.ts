import { loadImage } from './decode'
import { applyLookup, ignoredLabel } from './label-classes'
import { type LabelRef, mirrorLabels, readLabelImage, resizeLabels } from './label-image'
import type { Modality, Normalisation } from './normalisation'
import { fileOf, type ImageRef } from './open-image'
import { randomStream } from './random'
import { type CropWindow, sampleCrop } from './sample-crop'

/** How a scene is varied for dense training; mmsegmentation's usual pipeline. */
export interface SceneAugmentation {
  /** Longest and shortest side that a scene is fitted into before it is scaled, sides in proportion; null: as it is. */
  readonly fit: readonly [long: number, short: number] | null
  /** Scale is drawn evenly between these. Authors: 0.5 to 2. */
  readonly scale: readonly [number, number]
  /** Side of the square that is cut out; a smaller scene is filled up with the mean colour and ignored labels. */
  readonly crop: number
  /** A crop is drawn anew, ten times at most, while one class fills this share of its counted pixels. Authors: 0.75. */
  readonly catMaxRatio: number
  /** Chance of mirroring. */
  readonly flip: number
}

/** What was drawn for one scene; the same view is cut from its images and its label map. */
export interface SceneView {
  readonly fit: SceneAugmentation['fit']
  readonly scale: number
  readonly crop: number
  readonly catMaxRatio: number
  /** Places of crops to try, in shares of the room there is: the last is taken if none passes. */
  readonly corners: readonly (readonly [top: number, left: number])[]
  readonly flip: boolean
}

/** mmsegmentation tries ten times and takes the next one unseen. */
const tries = 11

/** The view of scene `index` in `epoch`; the same whoever draws it, and in whatever order. */
export function drawSceneView(
  { fit, scale: [least, most], crop, catMaxRatio, flip }: SceneAugmentation,
  seed: number,
  epoch: number,
  index: number,
): SceneView {
  const random = randomStream('scene', seed, epoch, index)
  return {
    fit,
    scale: least + (most - least) * random(),
    flip: random() < flip,
    crop,
    catMaxRatio,
    corners: Array.from({ length: tries }, () => [random(), random()] as const),
  }
}

/** Size of a scene that is fitted, then scaled; mmsegmentation's `keep_ratio`. */
export function fittedSize(
  height: number,
  width: number,
  fit: SceneAugmentation['fit'],
  scale = 1,
): readonly [height: number, width: number] {
  const share = fit ? Math.min(fit[0] / Math.max(height, width), fit[1] / Math.min(height, width)) : 1
  const along = (length: number) => Math.max(1, Math.round(length * share * scale))
  return [along(height), along(width)]
}

/** One scene to decode. */
export interface SceneTask {
  readonly images: readonly {
    readonly file: string | ImageRef
    readonly modality: Modality
    readonly normalisation?: Normalisation
  }[]
  readonly labels: string | LabelRef
  /** `labelLookup`'s table. */
  readonly lookup: Int16Array
  readonly view: SceneView
}

export interface SceneResult {
  /** `[crop, crop, 3]` for every image of the task. */
  readonly images: readonly Float32Array[]
  /** Class, 255 = does not count: `[crop, crop]`. */
  readonly labels: Uint8Array
}

/** Cuts one view out of a scene's images and label map. */
export async function decodeScene({ images, labels: map, lookup, view }: SceneTask): Promise<SceneResult> {
  const stored = await readLabelImage(map)
  const known = { ...stored, ids: applyLookup(stored.ids, lookup, fileOf(map)) }
  const [height, width] = fittedSize(stored.height, stored.width, view.fit, view.scale)
  const scaled = resizeLabels(known, [height, width])
  const { ids } = view.flip ? mirrorLabels(scaled) : scaled
  const { top, left } = chooseCorner(ids, height, width, view)
  const window = { height, width, top, left, crop: view.crop, mirrored: view.flip }
  const pixels: Float32Array[] = []
  for (const { file: image, ...options } of images) {
    // Reduced while decoding, with antialiasing; enlarged in the crop alone.
    const size = [Math.min(height, stored.height), Math.min(width, stored.width)] as const
    pixels.push(sampleCrop(await loadImage(image, { ...options, size }), window))
  }
  return { images: pixels, labels: cutLabels(ids, window) }
}

function cutLabels(ids: Uint8Array, { height, width, top, left, crop }: CropWindow): Uint8Array {
  const cut = new Uint8Array(crop * crop).fill(ignoredLabel)
  for (let y = 0; y < Math.min(crop, height - top); y++) {
    const start = (top + y) * width + left
    cut.set(ids.subarray(start, start + Math.min(crop, width - left)), y * crop)
  }
  return cut
}

/** The first corner whose crop is not filled by one class, else the last. */
export function chooseCorner(
  labels: Uint8Array,
  height: number,
  width: number,
  { corners, crop, catMaxRatio }: Pick<SceneView, 'corners' | 'crop' | 'catMaxRatio'>,
): { readonly top: number; readonly left: number } {
  const place = (share: number, length: number) => Math.floor(share * (Math.max(length - crop, 0) + 1))
  const places = corners.map(([v, u]) => ({ top: place(v, height), left: place(u, width) }))
  const counts = new Int32Array(256)
  const mixed = ({ top, left }: { readonly top: number; readonly left: number }): boolean => {
    counts.fill(0)
    for (let y = top; y < Math.min(height, top + crop); y++)
      for (let x = left; x < Math.min(width, left + crop); x++) counts[labels[y * width + x]!]!++
    counts[ignoredLabel] = 0
    const total = counts.reduce((sum, count) => sum + count, 0)
    // A single class fills all there is, whatever the limit: mmsegmentation asks for two at least.
    return counts.filter((count) => count > 0).length > 1 && Math.max(...counts) / total < catMaxRatio
  }
  return places.slice(0, -1).find(mixed) ?? places.at(-1)!
}
