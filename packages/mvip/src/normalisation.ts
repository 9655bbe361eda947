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
  const grey = channels < 3
  const pixels = bytes.length / channels
  for (let i = 0; i < pixels; i++) {
    for (let c = 0; c < 3; c++) {
      target[3 * i + c] = (bytes[i * channels + (grey ? 0 : c)]! / 255 - mean[c]!) / std[c]!
    }
  }
}
