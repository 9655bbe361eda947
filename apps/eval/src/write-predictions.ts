import { join } from 'node:path'
import { writeAtomic } from '@univ/checkpoint'
import { makeFolder } from '@univ/mvip'
import type { SceneAnswer } from '@univ/train'
import { encode } from 'fast-png'
import { classColour } from './report/class-colours'
import { labelOverlay } from './report/label-pictures'

/** Writes a prediction as a palette PNG of class ids, and as an overlay: `FOLDER/MODALITY/ID.png`, `….overlay.webp`. */
export async function writePrediction(
  folder: string,
  { scene, modality, predicted, height, width, confusion }: SceneAnswer,
  names: readonly string[],
): Promise<void> {
  const at = join(folder, modality)
  makeFolder(at)
  const palette = Array.from({ length: confusion.classes }, (_, label) => [...classColour(label)])
  const png = encode({ width, height, data: predicted, depth: 8, channels: 1, palette })
  await writeAtomic(join(at, `${scene.id}.png`), Buffer.from(png))
  const overlay = await labelOverlay(
    { image: scene.images[modality]!, modality },
    { labels: predicted, height, width },
    { names, most: Math.max(height, width) },
  )
  await writeAtomic(join(at, `${scene.id}.overlay.webp`), overlay)
}
