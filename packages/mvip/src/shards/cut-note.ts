import { encode, hasPngSignature } from 'fast-png'
import { cutBox } from '../annotations/cut-object'
import { checkCut, type LabelRef } from '../label-image'
import { openLabelPng, wholeValues } from '../label-png'
import { cutVoc } from './cut-voc'

/** Writes an annotation file anew, in the pixels of its image's crop. */
type Cut = (bytes: Buffer, ref: LabelRef) => Buffer | Uint8Array

/** How files of each kind are cut. Kinds that are not here speak of many images at once, or are unknown. */
const cuts: Readonly<Record<string, Cut>> = {
  'label-map': cutMap,
  'instance-map': cutMap,
  yolo: (bytes, ref) => cutLines(bytes, ref, cutYoloLine),
  kaist: (bytes, ref) => cutLines(bytes, ref, cutKaistLine),
  voc: (bytes, ref) => Buffer.from(cutVoc(bytes.toString('utf8'), ref)),
  'voc-oriented': (bytes, ref) => Buffer.from(cutVoc(bytes.toString('utf8'), ref)),
}

/**
 * An annotation file of an image that is cut: label maps without loss, palettes and ids as they were; boxes in the cut
 * image's pixels, those outside left out, those partly outside cut at its edge.
 * @throws Error naming the file: a kind or content that cannot be cut, a label map of another size than its image.
 */
export function cutNote(kind: string, bytes: Buffer, ref: LabelRef): Buffer {
  const cut = Object.hasOwn(cuts, kind) ? cuts[kind] : undefined
  if (!cut)
    throw new Error(
      `${ref.file}: annotations of kind ${kind} cannot be cut, and their image is (offset or border)`,
    )
  return Buffer.from(cut(bytes, ref))
}

function cutMap(bytes: Buffer, ref: LabelRef): Uint8Array {
  const { file, crop } = ref
  if (!hasPngSignature(bytes)) throw new Error(`${file}: no PNG, and only PNGs of labels can be cut`)
  const png = openLabelPng(file, bytes)
  checkCut(png, ref)
  const { channels, palette, text } = png
  const values = wholeValues(png)
  const [line, cutLine] = [png.width * channels, crop.width * channels]
  const data = values.slice(0, crop.height * cutLine)
  for (let y = 0; y < crop.height; y++) {
    const start = (crop.top + y) * line + crop.left * channels
    data.set(values.subarray(start, start + cutLine), y * cutLine)
  }
  const depth = data instanceof Uint16Array ? 16 : 8
  return encode({ width: crop.width, height: crop.height, data, depth, channels, palette, text })
}

/** A line in the crop's pixels; undefined: nothing of it is left. @throws Error saying what the line is not */
type CutLine = (words: readonly string[], ref: LabelRef) => string | undefined

function cutLines(bytes: Buffer, ref: LabelRef, cutLine: CutLine): Buffer {
  const lines = bytes.toString('utf8').split(/\r?\n/)
  const kept = lines.flatMap((line, i) => {
    if (line.trim() === '') return []
    try {
      return cutLine(line.trim().split(/\s+/), ref) ?? []
    } catch (error) {
      throw new Error(`${ref.file}:${i + 1}: ${(error as Error).message}, and cannot be cut with its image`)
    }
  })
  return Buffer.from(kept.map((line) => `${line}\n`).join(''))
}

/** `class cx cy width height` in shares. */
function cutYoloLine(words: readonly string[], { crop, whole }: LabelRef): string | undefined {
  const [cx, cy, w, h] = numbersOf(words.slice(1), 4, 'class cx cy width height') as Box
  if (words.length !== 5) throw new Error(`${words.length} values are not class cx cy width height`)
  const sides = [w * whole.width, h * whole.height] as const
  const box = cutBox([cx * whole.width - sides[0] / 2, cy * whole.height - sides[1] / 2, ...sides], crop)
  if (!box) return undefined
  const [x, y, width, height] = box
  const shares = [
    (x + width / 2) / crop.width,
    (y + height / 2) / crop.height,
    width / crop.width,
    height / crop.height,
  ]
  return [words[0], ...shares].join(' ')
}

/** Piotr Dollár's bbGt: `label x y w h occluded x y w h ignore angle`, the second box what of it is to be seen; `%` begins a comment. */
function cutKaistLine(words: readonly string[], { crop }: LabelRef): string | undefined {
  if (words[0]!.startsWith('%')) return words.join(' ')
  const [label, ...rest] = words
  const box = cutBox(numbersOf(rest, 4, 'label x y width height') as Box, crop)
  if (!box) return undefined
  const seen = rest.slice(5, 9).map(Number)
  const isSeen = seen.length === 4 && seen[2]! > 0 && seen[3]! > 0
  const shown = isSeen ? (cutBox(seen as Box, crop) ?? [0, 0, 0, 0]) : rest.slice(5, 9)
  return [label, ...box, ...rest.slice(4, 5), ...shown, ...rest.slice(9)].join(' ')
}

type Box = [number, number, number, number]

function numbersOf(words: readonly string[], count: number, wanted: string): number[] {
  const numbers = words.slice(0, count).map(Number)
  if (numbers.length === count && numbers.every(Number.isFinite)) return numbers
  throw new Error(`'${words.join(' ').slice(0, 60)}' is not ${wanted}`)
}
