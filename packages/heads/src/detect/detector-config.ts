import { ShapeError } from '@univ/nn'

/** Sizes of a Faster R-CNN, or with `mask` a Mask R-CNN. */
export interface DetectorConfig {
  /** Kinds of objects; background is not counted. */
  readonly classes: number
  /** Channels of the feature pyramid. */
  readonly channels: number
  /** Sides of square anchors in pixels at strides 4, 8, 16, 32, 64. */
  readonly anchorSizes: readonly [number, number, number, number, number]
  /** Height over width. */
  readonly anchorRatios: readonly number[]
  /** Sides of each level's anchors in parts of its `anchorSizes`: more than one for objects between two sizes. */
  readonly anchorScales: readonly number[]
  /** Convolutions before the RPN's predictions. */
  readonly rpnConvs: number
  /** Anchors that the RPN's loss looks at in an image, and the largest share of objects among them. */
  readonly rpnSamples: number
  readonly rpnObjectShare: number
  /** Overlap from which an anchor counts as an object, and below which as background; between them as neither. */
  readonly rpnObjectOverlap: number
  readonly rpnBackgroundOverlap: number
  /** Candidates a level before suppression, and an image after it. */
  readonly candidates: number
  readonly proposals: number
  /** Overlap from which of two proposals the weaker goes. */
  readonly proposalOverlap: number
  /** Regions that the heads' losses look at in an image, and the largest share of objects among them. */
  readonly regionSamples: number
  readonly regionObjectShare: number
  readonly boxConvs: number
  readonly boxWidth: number
  /** Convolutions of the mask head; null: no masks. */
  readonly maskConvs: number | null
  /** Detections below this score are dropped. */
  readonly scoreThreshold: number
  /** Overlap from which of two detections of one class the weaker goes. */
  readonly detectionOverlap: number
  /** Detections an image. */
  readonly detections: number
}

/**
 * ConvMAE's detector as its authors' code configures it (FPN of 256 channels, anchors 32-512, 4-conv-1-fc head, 512
 * regions); `small` is for images of some 300 pixels on a CPU.
 */
export const detectorVariants = {
  base: {
    channels: 256,
    anchorSizes: [32, 64, 128, 256, 512],
    anchorRatios: [0.5, 1, 2],
    anchorScales: [1],
    rpnConvs: 2,
    rpnSamples: 256,
    rpnObjectShare: 0.5,
    rpnObjectOverlap: 0.7,
    rpnBackgroundOverlap: 0.3,
    candidates: 1000,
    proposals: 1000,
    proposalOverlap: 0.7,
    regionSamples: 512,
    regionObjectShare: 0.25,
    boxConvs: 4,
    boxWidth: 1024,
    maskConvs: null,
    scoreThreshold: 0.05,
    detectionOverlap: 0.5,
    detections: 100,
  },
  small: {
    channels: 64,
    anchorSizes: [16, 32, 64, 128, 256],
    anchorRatios: [0.5, 1, 2],
    anchorScales: [1],
    rpnConvs: 1,
    rpnSamples: 128,
    rpnObjectShare: 0.5,
    rpnObjectOverlap: 0.5,
    rpnBackgroundOverlap: 0.3,
    candidates: 200,
    proposals: 100,
    proposalOverlap: 0.7,
    regionSamples: 64,
    regionObjectShare: 0.25,
    boxConvs: 2,
    boxWidth: 256,
    maskConvs: null,
    scoreThreshold: 0.05,
    detectionOverlap: 0.5,
    detections: 100,
  },
} as const satisfies Record<string, Omit<DetectorConfig, 'classes'>>

/** A backbone's maps as the detector needs to know them. */
export interface StageShape {
  readonly stride: number
  readonly channels: number
}

/** Anchors at one place of a map. */
export const anchorsEach = ({
  anchorRatios,
  anchorScales,
}: Pick<DetectorConfig, 'anchorRatios' | 'anchorScales'>): number => anchorRatios.length * anchorScales.length

/** Strides of the pyramid; one more, 64, is the coarsest map thinned out. */
export const pyramidStrides = [4, 8, 16, 32] as const

/** Images are padded to a multiple of this, so that every level has whole cells. */
export const imageMultiple = 32

/** @throws ShapeError where sides are no multiples of 32. */
export function checkImageSize([height, width]: readonly [number, number]): void {
  if (height % imageMultiple || width % imageMultiple)
    throw new ShapeError(
      `detector: image ${height}×${width} must be a multiple of ${imageMultiple} on both sides; pad it`,
    )
}
