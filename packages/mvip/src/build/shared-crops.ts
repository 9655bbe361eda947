import type { Region } from '../open-image'

/**
 * The parts of two images that show the same, where one lies beside the other.
 * @param vi The visible image, or what of it belongs to the pair.
 * @param ir The infrared one, of any size.
 * @param offset How far the scene lies right and down in infrared, in pixels of the visible image.
 * @throws Error where nothing is shared.
 */
export function sharedCrops(
  vi: Region,
  ir: Region,
  offset: { readonly dx: number; readonly dy: number },
): { readonly vi: Region; readonly ir: Region } {
  const [dx, dy] = [Math.round(offset.dx), Math.round(offset.dy)]
  const [width, height] = [vi.width - Math.abs(dx), vi.height - Math.abs(dy)]
  if (width < 1 || height < 1)
    throw new Error(`sharedCrops: an offset of ${dx}, ${dy} leaves nothing in common`)
  const [across, down] = [ir.width / vi.width, ir.height / vi.height]
  return {
    vi: { left: vi.left + Math.max(0, -dx), top: vi.top + Math.max(0, -dy), width, height },
    ir: {
      left: ir.left + Math.round(Math.max(0, dx) * across),
      top: ir.top + Math.round(Math.max(0, dy) * down),
      width: Math.max(1, Math.round(width * across)),
      height: Math.max(1, Math.round(height * down)),
    },
  }
}
