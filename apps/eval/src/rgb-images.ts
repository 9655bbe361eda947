import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { listPairs } from '@univ/mvip'
import { labelFile } from './patch-labels'

/** An RGB image, with its label PNG where there is one. */
export interface RgbImage {
  readonly image: string
  readonly labels?: string
}

const folders = ['images', 'vi', 'visible', 'rgb', 'Vis', '.']

const imagesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => /\.(jpe?g|png|webp|tiff?|bmp)$/i.test(name))
        .sort()
        .map((name) => join(folder, name))
    : []

/**
 * The RGB images of a folder: `images/` (CamVid), `vi/` (pairs), the folder itself, or MVIP's layout.
 * @param labels Folder of label PNGs with the images' stems, one for each image; default: `labels/` beside, as far
 *   as it goes.
 * @throws Error where there is no folder, no image, or no label file in a folder that was asked for.
 */
export function listRgbImages(data: string, labels?: string): RgbImage[] {
  if (!existsSync(data)) throw new Error(`data folder ${data} does not exist`)
  if (labels !== undefined && !existsSync(labels)) throw new Error(`label folder ${labels} does not exist`)
  const direct = folders.map((name) => imagesIn(join(data, name))).find((images) => images.length > 0)
  const images = direct ?? listPairs(data, { onBad: 'skip' }).pairs.map(({ vi }) => vi)
  if (images.length === 0) throw new Error(`${data}: no images`)
  return images.map((image) => {
    const file = labelFile(image, [labels ?? join(data, 'labels')])
    if (labels !== undefined && file === undefined)
      throw new Error(`${image} has no label PNG of its stem in ${labels}`)
    return { image, labels: file }
  })
}
