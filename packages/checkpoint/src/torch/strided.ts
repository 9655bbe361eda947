import { countElements } from '../shape'

/** Whether elements lie row-major without gaps (axes of size one may carry any stride). */
export function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let wanted = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== wanted) return false
    wanted *= shape[axis]!
  }
  return true
}

/**
 * Copies a strided window into row-major order, element by element: the cost is the window's elements, however
 * far apart they lie.
 * @param bytes starts at the window's first element, aligned to `width`
 * @param width bytes per element: 1, 2, 4 or 8
 */
export function gatherStrided(
  bytes: Uint8Array<ArrayBuffer>,
  width: number,
  shape: readonly number[],
  strides: readonly number[],
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(countElements(shape) * width)
  if (width === 8)
    gather(new BigUint64Array(...span(bytes, 8)), shape, strides, new BigUint64Array(out.buffer))
  else if (width === 4)
    gather(new Uint32Array(...span(bytes, 4)), shape, strides, new Uint32Array(out.buffer))
  else if (width === 2)
    gather(new Uint16Array(...span(bytes, 2)), shape, strides, new Uint16Array(out.buffer))
  else gather(bytes, shape, strides, out)
  return out
}

function gather<T>(
  from: ArrayLike<T>,
  shape: readonly number[],
  strides: readonly number[],
  out: { [index: number]: T; readonly length: number },
): void {
  const index = new Array<number>(shape.length).fill(0)
  let at = 0
  for (let i = 0; i < out.length; i++) {
    out[i] = from[at]!
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      at -= strides[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
}

/** Whole elements of a byte range, as arguments of a typed array. */
function span(bytes: Uint8Array<ArrayBuffer>, width: number): [ArrayBuffer, number, number] {
  return [bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / width)]
}
