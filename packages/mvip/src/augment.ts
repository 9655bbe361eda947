import type { View } from './decode'
import type { Effects } from './effects'
import { randomStream } from './random'

/** Changes of tone, each drawn evenly to either side of none. */
export interface Photometric {
  /** Share of white that is added or taken at most. */
  readonly brightness?: number
  /** The factor lies in 1 ± this. */
  readonly contrast?: number
  /** The exponent lies in 1 / (1 + this) … 1 + this. */
  readonly gamma?: number
}

/** How pairs are varied: the crop and mirroring of the paper, and more, each off unless it is given. */
export interface Augmentation {
  /** Height and width of the crop, in shares, each drawn evenly between these. Authors: 0.4 to 1. */
  readonly crop: readonly [number, number]
  /** Chance of mirroring. Authors: 0.5. */
  readonly flip: number
  /** Largest angle in degrees, the same for both images. */
  readonly rotation?: number
  /** Least and largest zoom, the same for both images. */
  readonly scale?: readonly [number, number]
  /** Tones, drawn for either modality apart: a camera's exposure says nothing of the other's. */
  readonly photometric?: { readonly rgb?: Photometric; readonly ir?: Photometric }
  /** Chance that infrared is shown with cold as white. */
  readonly polarity?: number
  /** Largest deviation of a blur in pixels, drawn for either image apart. */
  readonly blur?: number
  /** Largest deviation of noise, 0-255, drawn for either image apart. */
  readonly noise?: number
  /** Chance that one of the two images, either alike, is blank. */
  readonly dropout?: number
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

/** A value and the field that it sets, or nothing where the effect is off. */
const given = <Name extends keyof Effects>(name: Name, on: unknown, value: () => Effects[Name]): Effects =>
  on ? { [name]: value() } : {}

/** What else happens to the two images of a pair; nothing where the augmentation is the paper's. */
export function drawEffects(
  augmentation: Augmentation,
  seed: number,
  epoch: number,
  index: number,
): { readonly rgb?: Effects; readonly ir?: Effects } {
  const { rotation, scale, photometric, polarity, blur, noise, dropout } = augmentation
  if (!(rotation || scale || photometric || polarity || blur || noise || dropout)) return {}
  // A stream for every effect: turning one on changes no other.
  const stream = (name: string) => randomStream('effects', name, seed, epoch, index)
  const around = (random: () => number, width: number) => width * (2 * random() - 1)
  const placed: Effects = {
    ...given('rotation', rotation, () => around(stream('rotation'), rotation!)),
    ...given('scale', scale, () => scale![0] * (scale![1] / scale![0]) ** stream('scale')()),
  }
  const dropped = stream('dropout')
  const blank = dropout && dropped() < dropout ? (dropped() < 0.5 ? 'rgb' : 'ir') : undefined
  const of = (modality: 'rgb' | 'ir'): Effects => {
    const tones = photometric?.[modality] ?? {}
    return {
      ...placed,
      ...given('blur', blur, () => blur! * stream(`blur ${modality}`)()),
      ...given('brightness', tones.brightness, () =>
        around(stream(`brightness ${modality}`), tones.brightness!),
      ),
      ...given('contrast', tones.contrast, () => 1 + around(stream(`contrast ${modality}`), tones.contrast!)),
      ...given('gamma', tones.gamma, () => (1 + tones.gamma!) ** around(stream(`gamma ${modality}`), 1)),
      ...given('noise', noise, () => {
        const random = stream(`noise ${modality}`)
        return { deviation: noise! * random(), stream: Math.floor(2 ** 32 * random()) }
      }),
      ...given('invert', modality === 'ir' && polarity && stream('polarity')() < polarity, () => true),
      ...given('blank', blank === modality, () => true),
    }
  }
  return { rgb: of('rgb'), ir: of('ir') }
}
