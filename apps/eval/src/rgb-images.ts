import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  holdsDataset,
  type ImageRef,
  imagesIn,
  type LabelRef,
  listImages,
  openSource,
  type SourcePair,
} from '@univ/mvip'
import { visibleName } from './open-pairs'
import { labelFile } from './patch-labels'

/** An RGB image, with its label map where there is one. */
export interface RgbImage {
  readonly image: string | ImageRef
  readonly labels?: string | LabelRef
}

const folders = ['images', 'vi', 'visible', 'rgb', 'Vis', '.']

/**
 * The RGB images of a folder: `images/` (CamVid), `vi/` (pairs), the folder itself, MVIP's layout, a built dataset or shards.
 * @param labels Folder of label PNGs with the images' stems, one for each image; default: `labels/` beside, as far
 *   as it goes; of a built dataset those that it points to.
 * @throws Error where there is no folder, no image, or no label file in a folder that was asked for.
 */
export async function listRgbImages(data: string, labels?: string): Promise<RgbImage[]> {
  if (!existsSync(data)) throw new Error(`data folder ${data} does not exist`)
  if (labels !== undefined && !existsSync(labels)) throw new Error(`label folder ${labels} does not exist`)
  if (labels === undefined && holdsDataset(data))
    return (await listImages(data)).map(({ file, labels: own }) => ({ image: file, labels: own }))
  const direct = folders
    .map((name) => join(data, name))
    .filter(existsSync)
    .map(imagesIn)
    .find(({ length }) => length > 0)
  const images = direct?.map((image) => ({ image, name: image })) ?? (await visibleImages(data))
  if (images.length === 0) throw new Error(`${data}: no images`)
  return images.map(({ image, name }) => {
    const file = labelFile(name, [labels ?? join(data, 'labels')])
    if (labels !== undefined && file === undefined)
      throw new Error(`${name} has no label PNG of its stem in ${labels}`)
    return { image, labels: file }
  })
}

/** Visible images of pairs, with names that end in their stems. */
async function visibleImages(data: string): Promise<{ image: SourcePair['vi']; name: string }[]> {
  const source = await openSource(data, { onBad: 'skip' })
  try {
    return Array.from({ length: source.count }, (_, i) => {
      const pair = source.pair(i)
      return { image: pair.vi, name: visibleName(pair) }
    })
  } finally {
    source.close()
  }
}
