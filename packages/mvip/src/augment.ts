import type { View } from './decode'
import { randomStream } from './random'

/** The authors' augmentation: the same random numbers for both images of a pair. */
export interface Augmentation {
  /** Height and width of the crop, in shares, each drawn evenly between these. Authors: 0.4 to 1. */
  readonly crop: readonly [number, number]
  /** Chance of mirroring. Authors: 0.5. */
  readonly flip: number
}

export const paperAugmentation: Augmentation = { crop: [0.4, 1], flip: 0.5 }

/** The view of image `index` in `epoch`; the same whoever draws it, and in whatever order. */
export function drawView(
  { crop: [least, most], flip }: Augmentation,
  seed: number,
  epoch: number,
  index: number,
): View {
  const random = randomStream('view', seed, epoch, index)
  const share = () => least + (most - least) * random()
  const [height, width] = [share(), share()]
  return { height, width, top: random() * (1 - height), left: random() * (1 - width), flip: random() < flip }
}
