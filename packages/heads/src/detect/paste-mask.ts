import { fromBitmap, type RunLengths } from './coco/run-lengths'

/**
 * A detection's mask in the image's pixels: the shares inside the box, interpolated, from one half on.
 * @param shares Row by row, `[side, side]`.
 * @param box `[x, y, width, height]` in pixels of the image.
 */
export function pasteMask(
  shares: ArrayLike<number>,
  [x, y, w, h]: readonly [number, number, number, number],
  { width, height }: { readonly width: number; readonly height: number },
): RunLengths {
  const side = Math.sqrt(shares.length)
  const bitmap = new Uint8Array(width * height)
  const clamp = (value: number) => Math.min(side - 1, Math.max(0, value))
  for (let row = Math.max(0, Math.floor(y)); row < Math.min(height, y + h); row++) {
    const v = clamp(((row + 0.5 - y) / h) * side - 0.5)
    if (row + 0.5 < y || row + 0.5 > y + h) continue
    for (let column = Math.max(0, Math.floor(x)); column < Math.min(width, x + w); column++) {
      if (column + 0.5 < x || column + 0.5 > x + w) continue
      const u = clamp(((column + 0.5 - x) / w) * side - 0.5)
      const [top, left] = [Math.floor(v), Math.floor(u)]
      const [bottom, right] = [Math.min(side - 1, top + 1), Math.min(side - 1, left + 1)]
      const at = (i: number, j: number) => shares[i * side + j]!
      const [dv, du] = [v - top, u - left]
      const upper = at(top, left) * (1 - du) + at(top, right) * du
      const lower = at(bottom, left) * (1 - du) + at(bottom, right) * du
      if (upper * (1 - dv) + lower * dv >= 0.5) bitmap[row * width + column] = 1
    }
  }
  return fromBitmap(bitmap, height, width)
}
