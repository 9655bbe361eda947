import { basename, dirname, join } from 'node:path'
import { findClassNames } from '../class-names'
import { ade20k } from './ade20k'
import { benchmark } from './benchmark'
import { camvid } from './camvid'
import { coco } from './coco'
import { droneVehicle } from './drone-vehicle'
import { flirAligned } from './flir-aligned'
import { fmb } from './fmb'
import { type Folder, openFolder, type PathProblem } from './folder'
import { folders } from './folders'
import { kaist } from './kaist'
import { lasher } from './lasher'
import type { Layout, ListedSample, NumberedKind } from './layout'
import { llvip } from './llvip'
import { m3fd } from './m3fd'
import { mfnet } from './mfnet'
import { msrs } from './msrs'
import { mvip } from './mvip'
import { pst900 } from './pst900'
import { roadscene } from './roadscene'
import { scutSeg } from './scut-seg'
import { soda } from './soda'
import { tno } from './tno'

/** All layouts, the ones that ask for more before those that ask for less: the first that recognises a folder has it. */
export const layouts: readonly Layout[] = [
  mvip,
  flirAligned,
  kaist,
  llvip,
  droneVehicle,
  fmb,
  pst900,
  msrs,
  mfnet,
  scutSeg,
  soda,
  roadscene,
  benchmark,
  m3fd,
  tno,
  ade20k,
  coco,
  lasher,
  camvid,
  folders,
]

/**
 * The layout of a folder.
 * @param name One of `layouts`, or `auto`.
 * @param more Layouts of the caller's own, tried first.
 * @throws Error that lists what was looked for where none fits, or where the named one does not.
 */
export function chooseLayout(folder: Folder, name = 'auto', more: readonly Layout[] = []): Layout {
  const all = [...more, ...layouts]
  if (name !== 'auto') {
    const layout = all.find((candidate) => candidate.name === name)
    if (!layout)
      throw new Error(`there is no layout '${name}'; there are auto, ${all.map((l) => l.name).join(', ')}`)
    if (layout.recognises(folder)) return layout
    throw new Error(`${folder.root} is no '${name}' set: looked for ${layout.looksFor}`)
  }
  const layout = all.find((candidate) => candidate.recognises(folder))
  if (layout) return layout
  const wanted = all.map(({ name, looksFor }) => `  ${name}: ${looksFor}`).join('\n')
  throw new Error(`${folder.root} fits no known layout. Looked for\n${wanted}`)
}

/** The samples of one dataset's folder. */
export interface ListedFolder {
  readonly root: string
  readonly layout: string
  /** The folder's name; a sample may have its own. */
  readonly source: string
  /**
   * Names of the classes that annotations of a kind number: of `classes.txt` beside them, else the layout's own.
   * @param path One of the annotations, below the root.
   */
  readonly classes: (kind: NumberedKind, path: string) => readonly string[] | undefined
  /** Reads the folder anew at every call. */
  readonly samples: () => Iterable<ListedSample>
}

/** Opens a dataset's folder with the layout that fits. Parameters and errors as of `openFolder` and `chooseLayout`. */
export function listSamples(
  root: string,
  options: {
    readonly layout?: string
    readonly more?: readonly Layout[]
    readonly onProblem?: (problem: PathProblem) => void
  } = {},
): ListedFolder {
  const folder = openFolder(root, options.onProblem)
  const layout = chooseLayout(folder, options.layout, options.more)
  return {
    root,
    layout: layout.name,
    source: basename(root),
    classes: (kind, path) => {
      const beside = dirname(join(root, path))
      return (
        findClassNames(kind === 'yolo' ? [beside, dirname(beside)] : placesOf(root)) ?? layout.classes?.[kind]
      )
    },
    samples: () => layout.list(folder),
  }
}

/** Where `classes.txt` of a set's label maps may lie. */
export const placesOf = (root: string): string[] => [root, join(root, 'train'), dirname(root)]
