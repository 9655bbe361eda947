/** Colours of the chosen patches' frames. */
export const patchColours = ['#35e0ff', '#7dff6b', '#ff7ad9', '#ffd54a'] as const

/**
 * Patches worth looking at: the ones with most contrast, each at least a quarter of the grid from those before it. In
 * infrared these are people, vehicles and edges of buildings.
 * @param image Normalised, `[size, size, 3]`; its first channel is looked at.
 */
export function chosenPatches(
  image: Float32Array,
  size: number,
  [rows, columns]: readonly [number, number],
  count = 3,
): number[] {
  const contrast = Float64Array.from({ length: rows * columns }, (_, patch) =>
    deviation(image, size, patch, rows, columns),
  )
  const order = [...contrast.keys()].sort((a, b) => contrast[b]! - contrast[a]! || a - b)
  const chosen: number[] = []
  const apart = (a: number, b: number) =>
    Math.hypot(
      (Math.floor(a / columns) - Math.floor(b / columns)) / rows,
      ((a % columns) - (b % columns)) / columns,
    )
  for (const patch of order) {
    if (chosen.length === count) break
    if (chosen.every((other) => apart(patch, other) >= 0.25)) chosen.push(patch)
  }
  return chosen.sort((a, b) => (a % columns) - (b % columns))
}

function deviation(image: Float32Array, size: number, patch: number, rows: number, columns: number): number {
  const [height, width] = [size / rows, size / columns]
  const [top, left] = [Math.floor(patch / columns) * height, (patch % columns) * width]
  let [sum, square] = [0, 0]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = image[3 * ((top + y) * size + left + x)]!
      sum += value
      square += value * value
    }
  }
  const pixels = height * width
  return Math.sqrt(Math.max(0, square / pixels - (sum / pixels) ** 2))
}
