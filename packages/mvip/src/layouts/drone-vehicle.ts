import { below, type Folder } from './folder'
import type { Layout } from './layout'
import { annotated, annotationsIn, pairFolders, splitNames } from './match'

/** Where the images of a split lie: `train/trainimg`, or `trainimg` at the root. */
const home = (folder: Folder, name: string): string | undefined =>
  [name, ''].find((path) => folder.has(below(path, `${name}img`), below(path, `${name}imgr`)))

/**
 * VisDrone DroneVehicle: 840×712 with a white border of 100 pixels, oriented boxes for either modality apart
 * (VisDrone/DroneVehicle README). Boxes are in the uncut image's pixels; `readDetectionSet`
 * reads them with `border: 100`.
 */
export const droneVehicle: Layout = {
  name: 'drone-vehicle',
  looksFor: '[train/]trainimg/ + trainimgr/ (val, test alike)',
  recognises: (folder) => splitNames.some(([name]) => home(folder, name) !== undefined),
  *list(folder) {
    for (const [name, split] of splitNames) {
      const path = home(folder, name)
      if (path === undefined) continue
      const visible = annotationsIn(folder, below(path, `${name}label`), 'voc-oriented', { of: 'vi' })
      const infrared = annotationsIn(folder, below(path, `${name}labelr`), 'voc-oriented', { of: 'ir' })
      const known = new Set<string>()
      for (const { stem, vi, ir } of pairFolders(
        folder,
        below(path, `${name}img`),
        below(path, `${name}imgr`),
      )) {
        known.add(stem)
        yield {
          stem: below(name, stem),
          vi: { ...vi, border: 100 },
          ir: { ...ir, border: 100 },
          split,
          ...annotated([...visible.get(stem), ...infrared.get(stem)]),
        }
      }
      visible.orphans(known)
      infrared.orphans(known)
    }
  },
}
