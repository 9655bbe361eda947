import type { Value } from '../graph'
import type { KernelCall } from './kernel'

type Widths = readonly [number, number]

/**
 * A border of the array's own mirror image, with the outermost elements repeated (`symmetric`) or not (`reflect`). ONNX
 * reflects; of symmetric borders it has those of one element alone, its mode `edge`.
 */
export function mirrorPad({ build, input, attrs }: KernelCall): Value {
  const x = input('x')
  const paddings = attrs.paddings as readonly Widths[]
  const symmetric = attrs.mode === 'symmetric'
  if (symmetric && paddings.flat().some((width) => width > 1))
    return paddings.reduce((padded, widths, axis) => mirrored(build, padded, widths, axis), x)
  const shape = x.shape.map((dim, i) => dim + paddings[i]![0] + paddings[i]![1])
  const widths = build.ints([...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)])
  return build.emit('Pad', [x, widths], shape, x.dtype, { mode: symmetric ? 'edge' : 'reflect' })
}

/** Symmetric borders of any width along one axis. */
function mirrored(build: KernelCall['build'], x: Value, [before, after]: Widths, axis: number): Value {
  if (before + after === 0) return x
  const size = x.shape[axis]!
  const places = Int32Array.from({ length: before + size + after }, (_, i) => {
    const place = i - before
    return place < 0 ? -1 - place : place < size ? place : 2 * size - 1 - place
  })
  const indices = build.constant(places, [places.length], 'int32')
  const shape = x.shape.map((dim, i) => (i === axis ? places.length : dim))
  return build.emit('Gather', [x, indices], shape, x.dtype, { axis })
}
