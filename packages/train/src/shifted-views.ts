import { type HostArray, rng, ShapeError } from '@univ/nn'

/**
 * Teacher and student see windows of the same image that are displaced by whole patches, so that a student cannot
 * answer by coding where in its window a patch stands.
 */
export interface Displacement {
  /** Top left corner of the teacher's window, in patches. */
  readonly teacher: readonly [number, number]
  readonly student: readonly [number, number]
}

/** Both corners lie in 0 … `shift`; they depend on (seed, step) alone. */
export function drawDisplacement(seed: number, step: number, shift: number): Displacement {
  const draw = rng(seed, 'shift', step)
  const corner = () => [draw.int(shift + 1), draw.int(shift + 1)] as const
  return { teacher: corner(), student: corner() }
}

/**
 * The patches that both windows show, as indices into each window's tokens: entry i of either list is the same place.
 * A square of `side - shift` patches fits whatever the displacement, which keeps the program's shapes static.
 */
export function sharedPatches(
  { teacher, student }: Displacement,
  side: number,
  shift: number,
): { readonly teacher: HostArray; readonly student: HostArray } {
  const span = side - shift
  if (span < 1) throw new ShapeError(`shifted views: a shift of ${shift} leaves nothing of ${side} patches`)
  const [top, left] = [0, 1].map((axis) => Math.max(teacher[axis]!, student[axis]!)) as [number, number]
  const indices = ([y, x]: readonly [number, number]): HostArray => ({
    shape: [span * span],
    dtype: 'int32',
    data: Int32Array.from(
      { length: span * span },
      (_, i) => (top - y + Math.floor(i / span)) * side + (left - x + (i % span)),
    ),
  })
  return { teacher: indices(teacher), student: indices(student) }
}

/** A square window of every image. @param images `[batch, from, from, 3]` @returns `[batch, size, size, 3]` */
export function cropImages(
  images: Float32Array,
  from: number,
  size: number,
  [top, left]: readonly [number, number],
): Float32Array {
  const batch = images.length / (from * from * 3)
  const window = new Float32Array(batch * size * size * 3)
  for (let b = 0; b < batch; b++)
    for (let y = 0; y < size; y++) {
      const start = ((b * from + top + y) * from + left) * 3
      window.set(images.subarray(start, start + size * 3), (b * size + y) * size * 3)
    }
  return window
}
