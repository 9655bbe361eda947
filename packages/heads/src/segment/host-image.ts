/** A stack of channels on the host: an image, or the logits of one. */
export interface HostImage {
  readonly height: number
  readonly width: number
  readonly channels: number
  /** `[height, width, channels]` */
  readonly data: Float32Array
}

export const blankImage = (height: number, width: number, channels: number): HostImage => ({
  height,
  width,
  channels,
  data: new Float32Array(height * width * channels),
})

/** A window of an image; what lies beyond the edge (below, right) is zero. */
export function cutWindow(
  image: HostImage,
  top: number,
  left: number,
  height: number,
  width: number,
): HostImage {
  const cut = blankImage(height, width, image.channels)
  const columns = Math.min(width, image.width - left) * image.channels
  for (let y = 0; y < Math.min(height, image.height - top); y++) {
    const start = ((top + y) * image.width + left) * image.channels
    cut.data.set(image.data.subarray(start, start + columns), y * width * image.channels)
  }
  return cut
}

/** Left and right exchanged. */
export function mirrored(image: HostImage): HostImage {
  const { height, width, channels, data } = image
  const turned = blankImage(height, width, channels)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * channels
      turned.data.set(data.subarray(from, from + channels), (y * width + width - 1 - x) * channels)
    }
  return turned
}

/** Bilinear, half-pixel centres (PyTorch's `align_corners=False`, without antialiasing). */
export function resampled(image: HostImage, height: number, width: number): HostImage {
  if (image.height === height && image.width === width) return image
  const result = blankImage(height, width, image.channels)
  const [rows, columns] = [taps(image.height, height), taps(image.width, width)]
  const { channels, data } = image
  for (let y = 0; y < height; y++) {
    const row = rows[y]!
    for (let x = 0; x < width; x++) {
      const column = columns[x]!
      for (const [source, weightY] of row) {
        for (const [from, weightX] of column) {
          const weight = weightY * weightX
          if (weight === 0) continue
          const [start, target] = [(source * image.width + from) * channels, (y * width + x) * channels]
          for (let c = 0; c < channels; c++) result.data[target + c]! += weight * data[start + c]!
        }
      }
    }
  }
  return result
}

/** The two sources of every target place, with their weights. */
function taps(from: number, to: number): (readonly [readonly [number, number], readonly [number, number]])[] {
  return Array.from({ length: to }, (_, i) => {
    const centre = Math.max(0, ((i + 0.5) * from) / to - 0.5)
    const first = Math.min(Math.floor(centre), from - 1)
    const share = centre - first
    return [
      [first, 1 - share],
      [Math.min(first + 1, from - 1), share],
    ]
  })
}
