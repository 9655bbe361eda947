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

type Table = readonly [red: Float32Array, green: Float32Array, blue: Float32Array]
const tables = new WeakMap<Normalisation, Table>()

/** There are 256 values: each is computed once for every channel. */
function tableOf(normalisation: Normalisation): Table {
  const known = tables.get(normalisation)
  if (known) return known
  const { mean, std } = normalisation
  const channel = (c: number) =>
    Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - mean[c]!) / std[c]!)
  const table = [channel(0), channel(1), channel(2)] as const
  tables.set(normalisation, table)
  return table
}

/** Writes interleaved bytes (1, 2, 3 or 4 channels; alpha ignored) as normalised `[pixels, 3]` into `target`. */
export function normaliseInto(
  target: Float32Array,
  bytes: Uint8Array,
  channels: number,
  normalisation: Normalisation,
): void {
  const [red, green, blue] = tableOf(normalisation)
  const [second, third] = channels < 3 ? [0, 0] : [1, 2]
  for (let from = 0, to = 0; from < bytes.length; from += channels, to += 3) {
    target[to] = red[bytes[from]!]!
    target[to + 1] = green[bytes[from + second]!]!
    target[to + 2] = blue[bytes[from + third]!]!
  }
}
