/** How pixel values become network inputs. */
export type Modality = 'rgb' | 'ir'

/** Mean and deviation of each channel, for pixels in [0, 1]. RGB: ImageNet's; IR: the authors', grey on three channels. */
export const normalisation = {
  rgb: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  ir: { mean: [0.5338, 0.5338, 0.5338], std: [0.2519, 0.2519, 0.2519] },
} as const satisfies Record<Modality, Normalisation>

/** Mean and deviation of each channel, for pixels in [0, 1]. */
export interface Normalisation {
  readonly mean: readonly number[]
  readonly std: readonly number[]
}

/** Writes interleaved bytes (1, 2, 3 or 4 channels; alpha ignored) as normalised `[pixels, 3]` into `target`. */
export function normaliseInto(
  target: Float32Array,
  bytes: Uint8Array,
  channels: number,
  { mean, std }: Normalisation,
): void {
  const [redScale, greenScale, blueScale] = [1 / 255 / std[0]!, 1 / 255 / std[1]!, 1 / 255 / std[2]!]
  const [red, green, blue] = [mean[0]! / std[0]!, mean[1]! / std[1]!, mean[2]! / std[2]!]
  const [second, third] = channels < 3 ? [0, 0] : [1, 2]
  for (let from = 0, to = 0; from < bytes.length; from += channels, to += 3) {
    target[to] = bytes[from]! * redScale - red
    target[to + 1] = bytes[from + second]! * greenScale - green
    target[to + 2] = bytes[from + third]! * blueScale - blue
  }
}
