/** One annotated object. */
export interface ObjectAnnotation {
  /** Index into the set's classes. */
  readonly class: number
  /** `[x, y, width, height]` in pixels, inside the image. */
  readonly box: readonly [x: number, y: number, width: number, height: number]
  /** A region of many objects, or one that is marked difficult: neither trained on nor counted. */
  readonly crowd: boolean
  /** Pixels, where the format tells; else the box's. */
  readonly area: number
  /** COCO's polygons or run lengths, where there are any. */
  readonly segmentation?: unknown
}

/** An image's size, uncut, and the name by which annotations find it. */
export interface ImageSize {
  readonly stem: string
  readonly width: number
  readonly height: number
}

/** An annotation that cannot be used, and where it stands. */
export interface AnnotationProblem {
  readonly file: string
  /** From 1; 0 where the whole file is meant. */
  readonly line: number
  readonly problem: string
}

/** An image with a file of its own; undefined: it has none, since it shows no object. */
export interface NotedImage extends ImageSize {
  readonly file?: string
}

/** What a reader found: objects by image stem, in pixels of the uncut image. */
export interface Annotations {
  readonly classes: readonly string[]
  readonly objects: ReadonlyMap<string, readonly ObjectAnnotation[]>
  readonly problems: readonly AnnotationProblem[]
}

/** Share of a side by which a box may hang over the image's edge: rounding, not error. It is cut off. */
const overhang = 0.02

/**
 * A box cut at the image, or what is wrong with it: empty, not finite, outside the image.
 * @param box `[x, y, width, height]` in pixels
 */
export function usableBox(
  box: readonly number[],
  { width, height }: Pick<ImageSize, 'width' | 'height'>,
): ObjectAnnotation['box'] | string {
  const [x, y, w, h] = box as [number, number, number, number]
  const shown = `[${box.map((value) => (Number.isFinite(value) ? Number(value.toFixed(2)) : value)).join(', ')}]`
  if (box.length !== 4 || !box.every(Number.isFinite)) return `box ${shown} is not four finite numbers`
  if (w <= 0 || h <= 0) return `box ${shown} is empty`
  const [right, bottom] = [x + w, y + h]
  const [marginX, marginY] = [Math.max(1, overhang * width), Math.max(1, overhang * height)]
  if (x < -marginX || y < -marginY || right > width + marginX || bottom > height + marginY)
    return `box ${shown} lies outside the image of ${width} × ${height}`
  const [left, top] = [Math.max(0, x), Math.max(0, y)]
  const cut = [left, top, Math.min(width, right) - left, Math.min(height, bottom) - top] as const
  return cut[2] > 0 && cut[3] > 0 ? cut : `box ${shown} lies outside the image of ${width} × ${height}`
}
