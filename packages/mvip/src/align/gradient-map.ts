/**
 * Where an image has edges, whatever their contrast and sign: what infrared and visible images of one scene share.
 * The Sobel magnitude g is flattened to g / (g + mean g), so that a lamp does not outweigh a street, and fades out
 * towards the border (sine window), so that the border is no edge.
 * @param grey `[side, side]`
 * @returns Zero-mean, `[side, side]`
 */
export function gradientMap(grey: Uint8Array, side: number): Float64Array {
  if (grey.length !== side * side)
    throw new Error(`gradientMap: ${grey.length} pixels are no square of side ${side}`)
  const map = new Float64Array(side * side)
  let sum = 0
  for (let y = 1; y < side - 1; y++) {
    for (let x = 1; x < side - 1; x++) {
      const at = (dy: number, dx: number) => grey[(y + dy) * side + x + dx]!
      const across = at(-1, 1) + 2 * at(0, 1) + at(1, 1) - at(-1, -1) - 2 * at(0, -1) - at(1, -1)
      const down = at(1, -1) + 2 * at(1, 0) + at(1, 1) - at(-1, -1) - 2 * at(-1, 0) - at(-1, 1)
      const magnitude = Math.hypot(across, down)
      map[y * side + x] = magnitude
      sum += magnitude
    }
  }
  if (sum === 0) return map
  const scale = sum / map.length
  let mean = 0
  for (let i = 0; i < map.length; i++) {
    map[i] = map[i]! / (map[i]! + scale)
    mean += map[i]! / map.length
  }
  const window = Float64Array.from({ length: side }, (_, i) => Math.sin((Math.PI * (i + 0.5)) / side))
  for (let i = 0; i < map.length; i++)
    map[i] = (map[i]! - mean) * window[Math.floor(i / side)]! * window[i % side]!
  return map
}
