import type { View } from '../decode'
import { randomStream } from '../random'
import type { ObjectAnnotation } from './annotation'

/** How a detector's images are varied (large-scale jitter, then a crop or a margin). */
export interface DetectionAugmentation {
  /** Scale against the size that fits the canvas, drawn evenly. LSJ: 0.1 to 2. */
  readonly scale: readonly [number, number]
  /** Chance of mirroring. */
  readonly flip: number
}

/** A stretch of an image on a canvas, in its left upper corner. */
export interface PlacedView {
  readonly view: View
  /** Size of the stretch on the canvas in pixels. */
  readonly width: number
  readonly height: number
}

type Size = readonly [height: number, width: number]

/** The whole image, its sides in proportion, as large as the canvas allows. */
export function fittedView(image: Size, canvas: Size): PlacedView {
  return placed(image, canvas, 1, () => 0, false)
}

/** The view of image `index` in `epoch`; the same whoever draws it. */
export function drawPlacedView(
  { scale: [least, most], flip }: DetectionAugmentation,
  image: Size,
  canvas: Size,
  ...stream: readonly (number | string)[]
): PlacedView {
  const random = randomStream('box view', ...stream)
  const scale = least + (most - least) * random()
  const mirrored = random() < flip
  return placed(image, canvas, scale, random, mirrored)
}

function placed(
  [imageHeight, imageWidth]: Size,
  [canvasHeight, canvasWidth]: Size,
  scale: number,
  random: () => number,
  flip: boolean,
): PlacedView {
  const factor = scale * Math.min(canvasHeight / imageHeight, canvasWidth / imageWidth)
  // Whole pixels of the image, so that the decoder's rounding moves nothing against the boxes.
  const cut = (side: number, room: number) => Math.max(1, Math.min(side, Math.round(room / factor)))
  const [height, width] = [cut(imageHeight, canvasHeight), cut(imageWidth, canvasWidth)]
  const [top, left] = [
    Math.floor(random() * (imageHeight - height + 1)),
    Math.floor(random() * (imageWidth - width + 1)),
  ]
  const shown = (side: number, room: number) => Math.max(1, Math.min(room, Math.round(side * factor)))
  return {
    view: {
      left: left / imageWidth,
      top: top / imageHeight,
      width: width / imageWidth,
      height: height / imageHeight,
      flip,
    },
    height: shown(height, canvasHeight),
    width: shown(width, canvasWidth),
  }
}

/** Smallest share of a box that must be in view for it to be kept. */
const leastVisible = 0.25

/**
 * A box of the image on the canvas, [left, top, right, bottom]; undefined where too little of it is in view.
 */
export function placeBox(
  [x, y, w, h]: ObjectAnnotation['box'],
  [imageHeight, imageWidth]: Size,
  { view, width, height }: PlacedView,
): readonly [number, number, number, number] | undefined {
  const [scaleX, scaleY] = [width / (view.width * imageWidth), height / (view.height * imageHeight)]
  const along = (value: number, share: number, side: number, scale: number) => (value - share * side) * scale
  let [left, right] = [along(x, view.left, imageWidth, scaleX), along(x + w, view.left, imageWidth, scaleX)]
  const [top, bottom] = [along(y, view.top, imageHeight, scaleY), along(y + h, view.top, imageHeight, scaleY)]
  if (view.flip) [left, right] = [width - right, width - left]
  const cut = [Math.max(0, left), Math.max(0, top), Math.min(width, right), Math.min(height, bottom)] as const
  const [cutWidth, cutHeight] = [cut[2] - cut[0], cut[3] - cut[1]]
  const visible = (cutWidth * cutHeight) / ((right - left) * (bottom - top))
  return cutWidth >= 1 && cutHeight >= 1 && visible >= leastVisible ? cut : undefined
}

/** A box of the canvas in pixels of the image, `[x, y, width, height]`: the inverse for whole, unmirrored views. */
export function unplaceBox(
  [left, top, right, bottom]: readonly [number, number, number, number],
  [imageHeight, imageWidth]: Size,
  { width, height }: PlacedView,
): [number, number, number, number] {
  const [scaleX, scaleY] = [imageWidth / width, imageHeight / height]
  const [x, y] = [left * scaleX, top * scaleY]
  return [x, y, Math.min(imageWidth, right * scaleX) - x, Math.min(imageHeight, bottom * scaleY) - y]
}
