import { existsSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { loadImage, loadLabels, type Pair, patchClasses, type View, wholeView } from '@univ/mvip'
import type { Shift } from '@univ/pccl'

/** Sides of the cut that shifted views are made of: the shift takes the rest. */
const shiftedShare = 0.75

/** The infrared view `shift` patches further down and right than the RGB view, both the same share of the image. */
export function shiftedViews(
  shift: Shift,
  grid: readonly [number, number],
): { readonly rgb: View; readonly ir: View } {
  const step = (patches: number, along: number) => (patches / along) * shiftedShare
  const view = (top: number, left: number): View => ({
    top,
    left,
    width: shiftedShare,
    height: shiftedShare,
    flip: false,
  })
  return { rgb: view(0, 0), ir: view(step(shift.rows, grid[0]), step(shift.columns, grid[1])) }
}

/** Both images of a pair in their views, normalised: `[size, size, 3]`. */
export async function loadPair(
  pair: Pair,
  size: number,
  views: { readonly rgb: View; readonly ir: View } = { rgb: wholeView, ir: wholeView },
) {
  const [rgb, ir] = await Promise.all([
    loadImage(pair.vi, { modality: 'rgb', size, view: views.rgb }),
    loadImage(pair.ir, { modality: 'ir', size, view: views.ir }),
  ])
  return { rgb: rgb.data, ir: ir.data }
}

/** Classes of an image's patches from a folder of label PNGs. @throws Error where the file is missing */
export async function pairClasses(
  pair: Pair,
  folder: string,
  size: number,
  patch: number,
  ignore: readonly number[],
): Promise<Int32Array> {
  const file = join(folder, `${basename(pair.vi, extname(pair.vi))}.png`)
  if (!existsSync(file)) throw new Error(`${pair.vi} has no label file ${file}`)
  return patchClasses(await loadLabels(file, size), size, patch, ignore)
}

/** Day or night, from MSRS' and MFNet's names (00123D, 00123N). */
export function timeOfDay(pair: Pair): 'day' | 'night' | undefined {
  const letter = /\d([DN])$/.exec(pair.id)?.[1]
  return letter === 'D' ? 'day' : letter === 'N' ? 'night' : undefined
}
