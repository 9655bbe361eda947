import { blankImage, cutWindow, type HostImage, mirrored, resampled } from './host-image'

/** A compiled network: logits as large as the window, `[height, width, classes]` for each of them. */
export type WindowNetwork = (windows: readonly HostImage[]) => Promise<readonly HostImage[]>

export interface PredictOptions {
  /** Side of the windows; absent: the whole image at once. */
  readonly window?: number
  /** Pixels between windows. Default: two thirds of the window, the authors' 341 of 512. */
  readonly step?: number
  /** Window sides are rounded up to a multiple of this (the encoder's stride), filled with zeros. Default 16. */
  readonly multiple?: number
  /** Windows that run together. Default 4. */
  readonly batch?: number
  /** Sizes, in shares of the image, whose probabilities are averaged. Default [1]. */
  readonly scales?: readonly number[]
  /** Each size mirrored, too. Default false. */
  readonly flip?: boolean
}

/** Where windows of a side begin so that they cover a length; the last one ends at the edge. */
export function windowStarts(length: number, side: number, step: number): number[] {
  if (length <= side) return [0]
  const count = Math.ceil((length - side) / step) + 1
  return Array.from({ length: count }, (_, i) => Math.min(i * step, length - side))
}

/**
 * What every pixel needs to be in a window.
 * @throws RangeError where the window is no multiple of what windows are rounded up to, or the step leaves gaps
 */
export function checkWindows({ window = Infinity, step, multiple = 16 }: PredictOptions): void {
  if (window !== Infinity && (!Number.isInteger(window / multiple) || window < 1))
    throw new RangeError(`window ${window}: a multiple of the encoder's stride ${multiple} is wanted`)
  if (step === undefined) return
  if (!Number.isInteger(step) || step < 1)
    throw new RangeError(`step ${step}: a whole number of at least 1 is wanted`)
  if (step > window)
    throw new RangeError(
      `step ${step} is larger than the window ${window}: pixels between windows would get no class`,
    )
}

/**
 * Logits of an image; where windows overlap, their mean (mmsegmentation's `slide_inference`).
 * @throws RangeError as `checkWindows` does
 */
export async function slidingLogits(
  image: HostImage,
  network: WindowNetwork,
  { window = Number.POSITIVE_INFINITY, step, multiple = 16, batch = 4 }: PredictOptions = {},
): Promise<HostImage> {
  checkWindows({ window, step, multiple })
  const side = (length: number) => Math.ceil(Math.min(window, length) / multiple) * multiple
  const [height, width] = [side(image.height), side(image.width)]
  const stride = step ?? Math.max(1, Math.floor((2 * Math.min(height, width)) / 3))
  const places = windowStarts(image.height, height, stride).flatMap((top) =>
    windowStarts(image.width, width, stride).map((left) => ({ top, left })),
  )
  let sum: HostImage | undefined
  const counts = new Uint16Array(image.height * image.width)
  for (let first = 0; first < places.length; first += batch) {
    const group = places.slice(first, first + batch)
    const logits = await network(group.map(({ top, left }) => cutWindow(image, top, left, height, width)))
    for (const [i, place] of group.entries()) {
      sum ??= blankImage(image.height, image.width, logits[i]!.channels)
      addWindow(sum, counts, logits[i]!, place)
    }
  }
  const { data, channels } = sum!
  for (let i = 0; i < data.length; i++) data[i]! /= counts[Math.floor(i / channels)]!
  return sum!
}

function addWindow(
  sum: HostImage,
  counts: Uint16Array,
  part: HostImage,
  { top, left }: { readonly top: number; readonly left: number },
): void {
  const { channels } = sum
  for (let y = 0; y < Math.min(part.height, sum.height - top); y++) {
    for (let x = 0; x < Math.min(part.width, sum.width - left); x++) {
      const target = (top + y) * sum.width + left + x
      counts[target]!++
      for (let c = 0; c < channels; c++)
        sum.data[target * channels + c]! += part.data[(y * part.width + x) * channels + c]!
    }
  }
}

/**
 * The class of every pixel. With several scales or mirroring the probabilities are averaged, as mmsegmentation does.
 * @param image Normalised, `[height, width, 3]`.
 * @param size Size of the answer. Default: the image's; logits are resized before the softmax.
 * @returns `[height, width]`
 */
export async function predictClasses(
  image: HostImage,
  network: WindowNetwork,
  options: PredictOptions = {},
  size: readonly [height: number, width: number] = [image.height, image.width],
): Promise<Uint8Array> {
  const { scales = [1], flip = false } = options
  let total: Float32Array | undefined
  for (const scale of scales) {
    const scaled = resampled(image, Math.round(image.height * scale), Math.round(image.width * scale))
    for (const turned of flip ? [false, true] : [false]) {
      const raw = await slidingLogits(turned ? mirrored(scaled) : scaled, network, options)
      const logits = resampled(turned ? mirrored(raw) : raw, ...size)
      if (scales.length === 1 && !flip) return bestClasses(logits.data, logits.channels)
      const shares = probabilities(logits)
      if (total) for (let i = 0; i < total.length; i++) total[i]! += shares[i]!
      else total = shares
    }
  }
  return bestClasses(total!, total!.length / (size[0] * size[1]))
}

/** Softmax over the channels. */
function probabilities({ data, channels }: HostImage): Float32Array {
  const shares = new Float32Array(data.length)
  for (let start = 0; start < data.length; start += channels) {
    let most = Number.NEGATIVE_INFINITY
    for (let c = 0; c < channels; c++) most = Math.max(most, data[start + c]!)
    let sum = 0
    for (let c = 0; c < channels; c++) {
      shares[start + c] = Math.exp(data[start + c]! - most)
      sum += shares[start + c]!
    }
    for (let c = 0; c < channels; c++) shares[start + c]! /= sum
  }
  return shares
}

function bestClasses(values: Float32Array, channels: number): Uint8Array {
  return Uint8Array.from({ length: values.length / channels }, (_, i) => {
    let best = 0
    for (let c = 1; c < channels; c++) if (values[i * channels + c]! > values[i * channels + best]!) best = c
    return best
  })
}
