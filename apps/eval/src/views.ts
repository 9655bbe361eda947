import { loadImage, type SourcePair, type TimeOfDay, type View, wholeView } from '@univ/mvip'
import type { Shift } from '@univ/pccl'

/** Sides of the cut that shifted views are made of; the shift takes of the rest. */
const shiftedShare = 0.75

/** Both views of a pair. */
export interface PairViews {
  readonly rgb: View
  readonly ir: View
}

export const plainViews: PairViews = { rgb: wholeView, ir: wholeView }

/**
 * The infrared view lies `shift` patches further down and right than the RGB view, both of the same share of the image.
 * @throws Error where the shift would leave the image
 */
export function shiftedViews(shift: Shift, [rows, columns]: readonly [number, number]): PairViews {
  const cut = { width: shiftedShare, height: shiftedShare, flip: false }
  const top = (shift.rows / rows) * shiftedShare
  const left = (shift.columns / columns) * shiftedShare
  const most = (along: number) => Math.floor((along * (1 - shiftedShare)) / shiftedShare)
  if (top + shiftedShare > 1 + 1e-9 || left + shiftedShare > 1 + 1e-9)
    throw new Error(
      `--shift ${shift.rows},${shift.columns}: a grid of ${rows}×${columns} patches allows at most ${most(rows)},${most(columns)}`,
    )
  return { rgb: { ...cut, top: 0, left: 0 }, ir: { ...cut, top, left } }
}

/** One image of a pair in its view, normalised: `[size, size, 3]`. */
export async function loadView(
  pair: SourcePair,
  modality: 'rgb' | 'ir',
  size: number,
  views: PairViews = plainViews,
): Promise<Float32Array> {
  const file = modality === 'rgb' ? pair.vi : pair.ir
  return (await loadImage(file, { modality, size, view: views[modality] })).data
}

/** Day or night: as its dataset tells, else from names that end in D or N after a digit, as MSRS' and MFNet's (00123D, 00123N). */
export function timeOfDay({ id, time }: Pick<SourcePair, 'id' | 'time'>): TimeOfDay | undefined {
  if (time) return time
  const letter = /\d([DN])$/.exec(id)?.[1]
  return letter === 'D' ? 'day' : letter === 'N' ? 'night' : undefined
}
