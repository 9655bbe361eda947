/**
 * A binary mask as COCO stores it: lengths of alternating runs of 0 and 1, column by column (x outer, y inner), the
 * first run being of zeros and possibly empty.
 */
export interface RunLengths {
  readonly height: number
  readonly width: number
  readonly counts: readonly number[]
}

/** Bits of a character that carry the number; one more says that it goes on. */
const [payload, more, sign] = [0x1f, 0x20, 0x10]

/**
 * COCO's compressed counts: each number as characters of five bits, from the third on as the difference from the
 * number two before.
 * @throws Error where the text ends inside a number or holds a foreign character.
 */
export function decodeCounts(text: string): number[] {
  const counts: number[] = []
  let at = 0
  while (at < text.length) {
    let [value, shift, bits] = [0, 0, more]
    while (bits & more) {
      bits = text.charCodeAt(at++) - 48
      if (!(bits >= 0 && bits < 64))
        throw new Error(
          `compressed counts: ${at > text.length ? 'the text ends inside a number' : `'${text[at - 1]}' at ${at - 1} is none of their characters`}`,
        )
      if (shift > 30) throw new Error(`compressed counts: the number before ${at} has too many characters`)
      value |= (bits & payload) << shift
      shift += 5
    }
    if (bits & sign && shift < 32) value |= -1 << shift
    counts.push(counts.length > 2 ? value + counts[counts.length - 2]! : value)
  }
  return counts
}

/** The text that `decodeCounts` reads. */
export function encodeCounts(counts: readonly number[]): string {
  let text = ''
  for (const [i, count] of counts.entries()) {
    let value = i > 2 ? count - counts[i - 2]! : count
    for (let open = true; open; ) {
      const bits = value & payload
      value >>= 5
      open = bits & sign ? value !== -1 : value !== 0
      text += String.fromCharCode(48 + (open ? bits | more : bits))
    }
  }
  return text
}

/** Pixels of the mask. */
export const maskArea = ({ counts }: RunLengths): number =>
  counts.reduce((sum, count, i) => (i % 2 ? sum + count : sum), 0)

/** Walks two masks side by side: `visit` is told every stretch in which neither changes. */
function overlay(a: RunLengths, b: RunLengths, visit: (length: number, inA: boolean, inB: boolean) => void) {
  let [i, j] = [0, 0]
  let [leftA, leftB] = [a.counts[0] ?? 0, b.counts[0] ?? 0]
  while (i < a.counts.length && j < b.counts.length) {
    const length = Math.min(leftA, leftB)
    if (length > 0) visit(length, i % 2 === 1, j % 2 === 1)
    leftA -= length
    leftB -= length
    if (leftA === 0) leftA = a.counts[++i] ?? 0
    if (leftB === 0) leftB = b.counts[++j] ?? 0
  }
}

/** Pixels that both masks have. */
export function commonArea(a: RunLengths, b: RunLengths): number {
  let area = 0
  overlay(a, b, (length, inA, inB) => {
    if (inA && inB) area += length
  })
  return area
}

/** Pixels of either mask. */
export function union(a: RunLengths, b: RunLengths): RunLengths {
  const runs = runCollector()
  overlay(a, b, (length, inA, inB) => runs.add(length, inA || inB))
  return { height: a.height, width: a.width, counts: runs.counts }
}

/** Gathers stretches, joining neighbours of one kind. */
function runCollector() {
  const counts: number[] = [0]
  return {
    counts,
    add(length: number, inside: boolean) {
      if ((counts.length - 1) % 2 === Number(inside)) counts[counts.length - 1]! += length
      else counts.push(length)
    },
  }
}

/** @param bitmap Row by row, anything but 0 being the object: `[height, width]`. */
export function fromBitmap(bitmap: ArrayLike<number>, height: number, width: number): RunLengths {
  const runs = runCollector()
  for (let x = 0; x < width; x++) for (let y = 0; y < height; y++) runs.add(1, bitmap[y * width + x] !== 0)
  return { height, width, counts: runs.counts }
}

/** The mask row by row, 0 and 1: `[height, width]`. */
export function toBitmap({ height, width, counts }: RunLengths): Uint8Array {
  const bitmap = new Uint8Array(height * width)
  let at = 0
  counts.forEach((count, i) => {
    if (i % 2) for (let k = at; k < at + count; k++) bitmap[(k % height) * width + Math.floor(k / height)] = 1
    at += count
  })
  return bitmap
}

/** Smallest box around the mask, `[x, y, width, height]` in pixels; zeros where it is empty. */
export function maskBox({ height, counts }: RunLengths): [number, number, number, number] {
  let [left, top, right, bottom] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, -1, -1]
  let at = 0
  counts.forEach((count, i) => {
    if (i % 2 && count > 0) {
      const last = at + count - 1
      const [firstColumn, lastColumn] = [Math.floor(at / height), Math.floor(last / height)]
      left = Math.min(left, firstColumn)
      right = Math.max(right, lastColumn)
      // A run over a column's end touches the image's lower and upper edge.
      top = Math.min(top, firstColumn < lastColumn ? 0 : at % height)
      bottom = Math.max(bottom, firstColumn < lastColumn ? height - 1 : last % height)
    }
    at += count
  })
  return right < 0 ? [0, 0, 0, 0] : [left, top, right - left + 1, bottom - top + 1]
}
