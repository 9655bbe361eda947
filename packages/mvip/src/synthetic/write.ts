import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { makeFolder } from '../output/make-folder'
import { renderScene } from './render'
import { sceneClasses } from './scene'

export interface SyntheticOptions {
  readonly pairs: number
  /** Side in pixels. Default 224. */
  readonly size?: number
  /** Default 7. */
  readonly seed?: number
  /** Number of the first scene: a held-out set starts where another ended. Default 0. */
  readonly first?: number
}

/**
 * Writes synthetic pairs: `vi/`, `ir/`, `labels/` (PNG of class ids), `boxes/` (YOLO: class cx cy w h, relative) and
 * `classes.txt`. Names end in D or N for day and night. The same options give the same files.
 */
export async function writeSyntheticPairs(
  folder: string,
  { pairs, size = 224, seed = 7, first = 0 }: SyntheticOptions,
): Promise<void> {
  const path = (kind: string) => join(folder, kind)
  for (const kind of ['vi', 'ir', 'labels', 'boxes']) makeFolder(path(kind))
  await writeFile(path('classes.txt'), `${sceneClasses.join('\n')}\n`)
  const grey = { raw: { width: size, height: size, channels: 1 as const } }
  for (let index = first; index < first + pairs; index++) {
    const { rgb, ir, labels, boxes, hour } = renderScene({ seed, index, size })
    const name = `${String(index).padStart(5, '0')}${hour > 6 && hour < 18 ? 'D' : 'N'}`
    const lines = boxes.map((box) => {
      const numbers = [box.x + box.width / 2, box.y + box.height / 2, box.width, box.height].map((value) =>
        (value / size).toFixed(6),
      )
      return `${sceneClasses.indexOf(box.class)} ${numbers.join(' ')}`
    })
    await Promise.all([
      sharp(rgb, { raw: { width: size, height: size, channels: 3 } })
        .png()
        .toFile(join(path('vi'), `${name}.png`)),
      sharp(ir, grey)
        .toColourspace('b-w')
        .png()
        .toFile(join(path('ir'), `${name}.png`)),
      sharp(labels, grey)
        .toColourspace('b-w')
        .png()
        .toFile(join(path('labels'), `${name}.png`)),
      writeFile(join(path('boxes'), `${name}.txt`), lines.map((line) => `${line}\n`).join('')),
    ])
  }
}
