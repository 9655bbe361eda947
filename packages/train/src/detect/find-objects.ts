import type { CompiledProgram } from '@univ/compile'
import { type CocoDetection, type CocoTruthSet, pasteMask, segmentationMask } from '@univ/heads'
import { type DetectionLoader, type ShownImage, unplaceBox } from '@univ/mvip'

/** A detector's answer to a held-out set, in pixels of the images as they are stored. */
export interface FoundObjects {
  /** With masks where the annotations have them. */
  readonly truth: CocoTruthSet
  readonly detections: readonly CocoDetection[]
  /** The image of each id. */
  readonly images: ReadonlyMap<number, ShownImage>
}

/**
 * Runs a detector over a loader's images.
 * @param program A `detectProgram`, for `batch` images of the loader's canvas.
 * @param loader One modality, whole images, in order.
 */
export async function findObjects(
  program: Pick<CompiledProgram, 'run'>,
  loader: DetectionLoader,
  options: {
    readonly batch: number
    readonly size: readonly [height: number, width: number]
    readonly classes: readonly string[]
    readonly onImages?: (images: number) => void
  },
): Promise<FoundObjects> {
  const images = new Map<number, ShownImage>()
  const detections: CocoDetection[] = []
  for await (const { shown, images: pixels } of loader.batches(0)) {
    const outputs = await program.run({ images: filled(pixels, options) })
    const { boxes, scores, classes, masks } = outputs
    const each = scores!.shape[1]!
    for (const [i, image] of shown.entries()) {
      const id = images.size + 1
      images.set(id, image)
      const { scene, placed } = image
      for (let k = i * each; k < (i + 1) * each; k++) {
        const score = scores!.data[k]!
        if (score <= 0) continue
        const [left, top, right, bottom] = boxes!.data.subarray(4 * k, 4 * k + 4)
        const box = unplaceBox([left!, top!, right!, bottom!], [scene.height, scene.width], placed)
        if (box[2] <= 0 || box[3] <= 0) continue
        const side = masks ? masks.shape[2]! : 0
        detections.push({
          image: id,
          category: classes!.data[k]! + 1,
          box,
          score,
          area: box[2] * box[3],
          mask: masks && pasteMask(masks.data.subarray(k * side * side, (k + 1) * side * side), box, scene),
        })
      }
    }
    options.onImages?.(shown.length)
  }
  return { truth: truthOf(images, options.classes), detections, images }
}

/** A smaller last batch is filled up with empty images, whose answers are not read. */
function filled(
  pixels: Float32Array,
  { batch, size }: { readonly batch: number; readonly size: DetectionBatchSize },
) {
  const shape = [batch, ...size, 3]
  const length = batch * size[0] * size[1] * 3
  if (pixels.length === length) return { shape, dtype: 'float32', data: pixels } as const
  const data = new Float32Array(length)
  data.set(pixels)
  return { shape, dtype: 'float32', data } as const
}

type DetectionBatchSize = readonly [height: number, width: number]

/** Ground truth of the images, ids from 1. */
function truthOf(images: ReadonlyMap<number, ShownImage>, classes: readonly string[]): CocoTruthSet {
  let next = 1
  return {
    images: [...images].map(([id, { scene, modality }]) => ({
      id,
      file: scene.files[modality]!,
      width: scene.width,
      height: scene.height,
    })),
    categories: classes.map((name, i) => ({ id: i + 1, name })),
    truths: [...images].flatMap(([image, { scene }]) =>
      scene.objects.map(({ class: kind, box, area, crowd, segmentation }) => ({
        id: next++,
        image,
        category: kind + 1,
        box,
        area,
        crowd,
        mask: segmentation === undefined ? undefined : segmentationMask(segmentation, scene, scene.id),
      })),
    ),
  }
}
