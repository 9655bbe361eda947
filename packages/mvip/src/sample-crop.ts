import type { LoadedImage } from './decode'

/** A square window of an image that is thought resized (and mirrored) but never made whole. */
export interface CropWindow {
  /** Size of the resized image. */
  readonly height: number
  readonly width: number
  readonly top: number
  readonly left: number
  /** Side of the window; what lies beyond the image is zero. */
  readonly crop: number
  readonly mirrored: boolean
}

/** The two neighbours that a resized pixel lies between, and the share of the second: half-pixel centres. */
function neighbours(at: number, from: number, to: number): readonly [number, number, number] {
  const centre = Math.max(0, ((at + 0.5) * from) / to - 0.5)
  const first = Math.min(Math.floor(centre), from - 1)
  return [first, Math.min(first + 1, from - 1), centre - first]
}

/**
 * Bilinear samples with half-pixel centres, so that enlarged images lie exactly over their label maps (libvips moves
 * what it enlarges by up to half a pixel). Where the image has the wanted size already its pixels are copied.
 * @returns `[crop, crop, 3]`
 */
export function sampleCrop({ data, height, width }: LoadedImage, window: CropWindow): Float32Array {
  const { crop, top, left, mirrored } = window
  const pixels = new Float32Array(crop * crop * 3)
  const columns = Array.from({ length: Math.min(crop, window.width - left) }, (_, x) =>
    neighbours(mirrored ? window.width - 1 - left - x : left + x, width, window.width),
  )
  for (let y = 0; y < Math.min(crop, window.height - top); y++) {
    const [above, below, down] = neighbours(top + y, height, window.height)
    columns.forEach(([before, after, right], x) => {
      for (let c = 0; c < 3; c++) {
        const at = (row: number, column: number) => data[(row * width + column) * 3 + c]!
        const upper = at(above, before) + right * (at(above, after) - at(above, before))
        const lower = at(below, before) + right * (at(below, after) - at(below, before))
        pixels[(y * crop + x) * 3 + c] = upper + down * (lower - upper)
      }
    })
  }
  return pixels
}
