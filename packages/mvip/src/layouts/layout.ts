import type { Folder } from './folder'

/** An image as its dataset stores it. */
export interface ListedImage {
  /** Below the dataset's root, with `/` between the parts. */
  readonly path: string
  /** Which channels of the file are the image: `alpha` is the fourth of an RGBA file. Default `colour`: all but alpha. */
  readonly channels?: 'colour' | 'alpha'
  /** Width of a white border to cut off on every side, in pixels, where the file has one. Default 0. */
  readonly border?: number
}

export type Split = 'train' | 'val' | 'test'

/** How an annotation file is written; readers of boxes and label maps choose by this. */
export type AnnotationKind =
  | 'label-map'
  | 'instance-map'
  | 'yolo'
  | 'voc'
  | 'voc-oriented'
  | 'coco'
  | 'kaist'
  | 'track'

/** Kinds whose files hold numbers of classes, not names. */
export const numberedKinds = ['label-map', 'yolo'] as const satisfies readonly AnnotationKind[]
export type NumberedKind = (typeof numberedKinds)[number]

export interface ListedAnnotation {
  readonly kind: AnnotationKind
  readonly path: string
  /** Which image's pixels it speaks about, where the two differ. */
  readonly of?: 'vi' | 'ir'
}

/** One pair, or one image of a set with a single modality. */
export interface ListedSample {
  /** Unique in its source. */
  readonly stem: string
  readonly vi?: ListedImage
  readonly ir?: ListedImage
  /** Set where one root holds several sources (MVIP). */
  readonly source?: string
  /** What was filmed in one go; without it scenes are told apart by likeness. */
  readonly sequence?: string
  /** Number within the sequence. */
  readonly frame?: number
  readonly split?: Split
  readonly time?: 'day' | 'night'
  readonly annotations?: readonly ListedAnnotation[]
}

/** How one dataset lies on disk. A new one is a file like those beside this, and a line in `layouts.ts`. */
export interface Layout {
  readonly name: string
  /** What `recognises` looks for, in words. */
  readonly looksFor: string
  readonly recognises: (folder: Folder) => boolean
  /** Names of the classes by number, where every copy of the set has the same; a `classes.txt` beside the files wins. */
  readonly classes?: Readonly<Partial<Record<NumberedKind, readonly string[]>>>
  /** Only some images have been looked at for boxes: one without a file is not known to be empty. Default: it is empty. */
  readonly someBoxes?: true
  /** Samples in a fixed order; what makes none is told to `folder.report`. */
  readonly list: (folder: Folder) => Iterable<ListedSample>
}
