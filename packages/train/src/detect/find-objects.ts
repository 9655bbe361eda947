import type { CompiledProgram } from '@univ/compile'
import { type CocoDetection, type CocoTruthSet, pasteMask, segmentationMask } from '@univ/heads'
import {
  type DetectionLoader,
  type DetectionScene,
  type Modality,
  type ShownImage,
  unplaceBox,
} from '@univ/mvip'

/** An object in an image, in pixels of the image as it is stored; categories from 1. */
export type FoundObject = Omit<CocoDetection, 'image'>

/** A detector's answer to one image. */
export interface ImageAnswer {
  readonly scene: DetectionScene
  readonly modality: Modality
  readonly objects: readonly FoundObject[]
}

/** A detector's answer to a held-out set. */
export interface FoundObjects {
  /** With masks where the annotations have them. */
  readonly truth: CocoTruthSet
  readonly detections: readonly CocoDetection[]
  /** The scene of each image id. */
  readonly images: ReadonlyMap<number, DetectionScene>
}

/**
 * Runs a detector over a loader's images, batch by batch.
 * @param program A `detectProgram`, for `batch` images of the loader's canvas.
 * @param loader Whole images, in order.
 */
export async function* detectObjects(
  program: Pick<CompiledProgram, 'run'>,
  loader: DetectionLoader,
  options: { readonly batch: number; readonly size: readonly [height: number, width: number] },
): AsyncGenerator<readonly ImageAnswer[]> {
  for await (const { shown, images: pixels } of loader.batches(0)) {
    const { boxes, scores, classes, masks } = await program.run({ images: filled(pixels, options) })
    const each = scores!.shape[1]!
    const side = masks ? masks.shape[2]! : 0
    const objectOf = (image: ShownImage, k: number): FoundObject | undefined => {
      const { scene, placed } = image
      const score = scores!.data[k]!
      if (score <= 0) return undefined
      const [left, top, right, bottom] = boxes!.data.subarray(4 * k, 4 * k + 4)
      const box = unplaceBox([left!, top!, right!, bottom!], [scene.height, scene.width], placed)
      if (box[2] <= 0 || box[3] <= 0) return undefined
      const mask = masks && pasteMask(masks.data.subarray(k * side * side, (k + 1) * side * side), box, scene)
      return { category: classes!.data[k]! + 1, box, score, area: box[2] * box[3], mask }
    }
    yield shown.map((image, i) => ({
      scene: image.scene,
      modality: image.modality,
      objects: Array.from({ length: each }, (_, k) => objectOf(image, i * each + k)).filter(
        (object) => object !== undefined,
      ),
    }))
  }
}

/** Answers to the images of one modality beside what is true of them; image ids from 1, in order. */
export function compareWithTruth(answers: readonly ImageAnswer[], classes: readonly string[]): FoundObjects {
  let next = 1
  return {
    truth: {
      images: answers.map(({ scene, modality }, i) => ({
        id: i + 1,
        file: scene.files[modality]!.file,
        width: scene.width,
        height: scene.height,
      })),
      categories: classes.map((name, i) => ({ id: i + 1, name })),
      truths: answers.flatMap(({ scene }, i) =>
        scene.objects.map(({ class: kind, box, area, crowd, segmentation }) => ({
          id: next++,
          image: i + 1,
          category: kind + 1,
          box,
          area,
          crowd,
          mask: segmentation === undefined ? undefined : segmentationMask(segmentation, scene, scene.id),
        })),
      ),
    },
    detections: answers.flatMap(({ objects }, i) => objects.map((object) => ({ ...object, image: i + 1 }))),
    images: new Map(answers.map(({ scene }, i) => [i + 1, scene])),
  }
}

/** A smaller last batch is filled up with empty images, whose answers are not read. */
function filled(
  pixels: Float32Array,
  { batch, size }: { readonly batch: number; readonly size: readonly [height: number, width: number] },
) {
  const shape = [batch, ...size, 3]
  const length = batch * size[0] * size[1] * 3
  if (pixels.length === length) return { shape, dtype: 'float32', data: pixels } as const
  const data = new Float32Array(length)
  data.set(pixels)
  return { shape, dtype: 'float32', data } as const
}
