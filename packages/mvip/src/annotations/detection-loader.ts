import type { DecodedImage } from '../decode-worker'
import { type LoaderOptions, openLoader } from '../loader'
import { type Modality, normalisation, normaliseInto } from '../normalisation'
import { type DetectionAugmentation, drawPlacedView, fittedView, type PlacedView, placeBox } from './box-view'
import type { DetectionScene } from './detection-set'

export interface DetectionLoaderOptions extends LoaderOptions {
  readonly scenes: readonly DetectionScene[]
  /** Every scene gives an image of each of these. */
  readonly modalities: readonly Modality[]
  /** Height and width of the canvas; images are fitted into it and filled up with black. */
  readonly size: readonly [height: number, width: number]
  /** Objects that fit an image; of more the smallest are left out. */
  readonly slots: number
  /** Default: none, the whole image. */
  readonly augment?: DetectionAugmentation | null
}

/** Images with their boxes in a fixed number of slots. */
export interface DetectionBatch {
  /** Normalised, `[batch, height, width, 3]`. */
  readonly images: Float32Array
  /** [left, top, right, bottom] in pixels of the canvas, `[batch, slots, 4]`; zeros in empty slots. */
  readonly boxes: Float32Array
  /** `[batch, slots]` */
  readonly classes: Int32Array
  /** 1 where the slot holds an object, `[batch, slots]`. */
  readonly valid: Float32Array
  /** Which of the scene's objects each slot holds, -1 for none: `[batch, slots]`. */
  readonly objects: Int32Array
  readonly epoch: number
  readonly index: number
  /** `MODALITY/STEM` of each image. */
  readonly ids: readonly string[]
  /** Scene, modality and placement of each image. */
  readonly shown: readonly ShownImage[]
}

export interface ShownImage {
  readonly scene: DetectionScene
  readonly modality: Modality
  readonly placed: PlacedView
}

export interface DetectionLoader {
  readonly batchesPerEpoch: number
  batches(epoch: number, from?: number): AsyncGenerator<DetectionBatch>
  close(): Promise<void>
}

/** Batches of single images with boxes, decoded in worker threads; fixed by (seed, epoch, index). */
export function openDetectionLoader(options: DetectionLoaderOptions): DetectionLoader {
  const { scenes, modalities, size, slots, augment, seed = 0 } = options
  const items = modalities.flatMap((modality) => scenes.map((scene) => ({ scene, modality })))
  const shownOf = (item: number, epoch: number): ShownImage => {
    const { scene, modality } = items[item]!
    const image = [scene.height, scene.width] as const
    const placed = augment ? drawPlacedView(augment, image, size, seed, epoch, item) : fittedView(image, size)
    return { scene, modality, placed }
  }
  const loader = openLoader(
    items.length,
    (item, epoch) => {
      const { scene, modality, placed } = shownOf(item, epoch)
      const { view, width, height } = placed
      return { images: [{ file: scene.files[modality]!, modality, size: [height, width], view }] }
    },
    options,
  )
  return {
    ...loader,
    async *batches(epoch, from) {
      for await (const { index, items: chosen, results } of loader.batches(epoch, from)) {
        const shown = chosen.map((item) => shownOf(item, epoch))
        const images = new Float32Array(results.length * size[0] * size[1] * 3)
        results.forEach((result, i) => {
          const canvas = images.subarray(i * size[0] * size[1] * 3, (i + 1) * size[0] * size[1] * 3)
          onCanvas(canvas, result.images[0]!, shown[i]!.modality, size[1])
        })
        yield {
          images,
          ...slotsOf(shown, slots),
          epoch,
          index,
          ids: shown.map(({ scene, modality }) => `${modality}/${scene.id}`),
          shown,
        }
      }
    },
  }
}

/**
 * Puts an image, normalised, into the left upper corner of black. Not of the mean colour, which is 0: the LayerNorms of an
 * untrained encoder divide by the spread of such a patch's channels, which is 0 too, and its gradient drowns all others.
 */
function onCanvas(
  canvas: Float32Array,
  { bytes, channels, height, width }: DecodedImage,
  modality: Modality,
  columns: number,
): void {
  const { mean, std } = normalisation[modality]
  for (let i = 0; i < canvas.length; i++) canvas[i] = -mean[i % 3]! / std[i % 3]!
  const line = width * channels
  for (let row = 0; row < height; row++) {
    const place = canvas.subarray(row * columns * 3)
    normaliseInto(place, bytes.subarray(row * line, (row + 1) * line), channels, normalisation[modality])
  }
}

function slotsOf(shown: readonly ShownImage[], slots: number) {
  const boxes = new Float32Array(shown.length * slots * 4)
  const classes = new Int32Array(shown.length * slots)
  const valid = new Float32Array(shown.length * slots)
  const objects = new Int32Array(shown.length * slots).fill(-1)
  shown.forEach(({ scene, placed }, image) => {
    const area = ([left, top, right, bottom]: readonly number[]) => (right! - left!) * (bottom! - top!)
    scene.objects
      .flatMap(({ class: kind, box, crowd }, object) => {
        if (crowd) return []
        const placedBox = placeBox(box, [scene.height, scene.width], placed)
        return placedBox ? [{ kind, box: placedBox, object }] : []
      })
      .sort((a, b) => area(b.box) - area(a.box))
      .slice(0, slots)
      .forEach(({ kind, box, object }, slot) => {
        boxes.set(box, 4 * (image * slots + slot))
        classes[image * slots + slot] = kind
        valid[image * slots + slot] = 1
        objects[image * slots + slot] = object
      })
  })
  return { boxes, classes, valid, objects }
}
