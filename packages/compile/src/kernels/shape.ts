import { backend_util, slice_util } from '@tensorflow/tfjs-core'
import { CompileError } from '../compile-error'
import type { Value } from '../graph'
import { axesOf, binary, cast, type KernelCall, type KernelTable, reshape, slice, transpose } from './kernel'
import { mirrorPad } from './mirror-pad'

function tile({ build, input, attrs }: KernelCall): Value {
  const x = input('x')
  const reps = attrs.reps as number[]
  const shape = x.shape.map((dim, i) => dim * reps[i]!)
  if (x.fill !== undefined) return build.fill(x.fill, shape, x.dtype)
  const broadcasts = x.shape.every((dim, i) => dim === 1 || reps[i] === 1)
  return build.emit(
    broadcasts ? 'Expand' : 'Tile',
    [x, build.ints(broadcasts ? shape : reps)],
    shape,
    x.dtype,
  )
}

function concat({ build, list, attrs }: KernelCall): Value {
  const first = list[0]!
  const [axis] = axesOf(attrs.axis, first.shape.length)
  const shape = first.shape.map((dim, i) =>
    i === axis ? list.reduce((sum, item) => sum + item.shape[i]!, 0) : dim,
  )
  return list.length === 1 ? first : build.emit('Concat', list, shape, first.dtype, { axis: axis! })
}

function pack({ build, list, attrs }: KernelCall): Value {
  const first = list[0]!
  const [axis] = axesOf(attrs.axis ?? 0, first.shape.length + 1)
  const single = [...first.shape.slice(0, axis), 1, ...first.shape.slice(axis)]
  const shape = single.map((dim, i) => (i === axis ? list.length : dim))
  return build.emit(
    'Concat',
    list.map((item) => reshape(build, item, single)),
    shape,
    first.dtype,
    { axis: axis! },
  )
}

function unpack({ build, input, attrs }: KernelCall): Value[] {
  const x = input('value')
  const [axis] = axesOf(attrs.axis ?? 0, x.shape.length)
  const shape = x.shape.filter((_, i) => i !== axis)
  return Array.from({ length: x.shape[axis!]! }, (_, i) =>
    build.emit('Gather', [x, build.scalar(i, 'int32')], shape, x.dtype, { axis: axis! }),
  )
}

function split({ build, input, attrs }: KernelCall): Value[] {
  const x = input('x')
  const [axis] = axesOf(attrs.axis, x.shape.length)
  const sizes = backend_util.prepareSplitSize({ shape: [...x.shape] } as never, attrs.numOrSizeSplits, axis)
  const outputs = sizes.map((size) => ({
    shape: x.shape.map((dim, i) => (i === axis ? size : dim)),
    dtype: x.dtype,
  }))
  return build.emitAll('Split', [x, build.ints(sizes)], outputs, { axis: axis! })
}

function gather({ build, input, attrs }: KernelCall): Value {
  const [x, indices] = [input('x'), input('indices')]
  if (attrs.batchDims)
    throw new CompileError('GatherV2: batchDims > 0 has no lowering; gather from a flattened first axis')
  const [axis] = axesOf(attrs.axis ?? 0, x.shape.length)
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis! + 1)]
  return build.emit('Gather', [x, indices], shape, x.dtype, { axis: axis! })
}

/**
 * Sums rows into the slots that their ids name: gradients of gather, scatter. ONNX Runtime's ScatterND adds from
 * several threads without a lock and loses rows that meet in one slot; its ScatterElements goes one by one.
 * @param ids Slot of every row, `[rows]`.
 */
function sumIntoSlots({ build }: KernelCall, ids: Value, updates: Value, shape: readonly number[]): Value {
  const rows = ids.shape.reduce((a, b) => a * b, 1)
  const [slots, width] = [shape[0]!, shape.slice(1).reduce((a, b) => a * b, 1)]
  const flat = reshape(build, updates, [rows, width])
  const column = reshape(build, cast(build, ids, 'int64'), [rows, 1])
  const spread = build.emit('Expand', [column, build.ints([rows, width])], [rows, width], 'int64')
  const zeros = build.fill(0, [slots, width], updates.dtype)
  const flags = { axis: 0, reduction: 'add' }
  const sums = build.emit('ScatterElements', [zeros, spread, flat], [slots, width], updates.dtype, flags)
  return reshape(build, sums, shape)
}

/** Sums by segment. Rows of ids that name none go into a slot of their own, which is cut off. */
function segmentSum(call: KernelCall): Value {
  const { build, input, attrs } = call
  const [x, ids] = [cast(build, input('x'), 'float32'), input('segmentIds')]
  const [count, row] = [attrs.numSegments as number, x.shape.slice(ids.shape.length)]
  if (isWithin(ids, count)) return sumIntoSlots(call, ids, x, [count, ...row])
  // -1 is the last slot to ONNX.
  const bounds = [build.scalar(-1, 'int32'), build.scalar(count, 'int32')]
  const named = build.emit('Clip', [ids, ...bounds], ids.shape, 'int32')
  return slice(build, sumIntoSlots(call, named, x, [count + 1, ...row]), [0], [count], [count, ...row])
}

/** Whether all are known to be from 0 to below a number. */
function isWithin({ fill, data }: Value, end: number): boolean {
  const isIn = (id: number) => id >= 0 && id < end
  return fill !== undefined ? isIn(fill) : ((data as Int32Array | undefined)?.every(isIn) ?? false)
}

/** Indices of the first axes as one number: their place in the array's order. */
function scatterNd(call: KernelCall): Value {
  const { build, input, attrs } = call
  const [indices, updates] = [cast(build, input('indices'), 'int32'), input('updates')]
  const shape = attrs.shape as number[]
  const depth = indices.shape.at(-1)!
  const strides = Array.from({ length: depth }, (_, i) =>
    shape.slice(i + 1, depth).reduce((a, b) => a * b, 1),
  )
  const places = indices.shape.slice(0, -1)
  const scaled = binary(build, 'Mul', indices, build.constant(Int32Array.from(strides), [depth], 'int32'))
  const ids =
    depth === 1
      ? reshape(build, indices, places)
      : build.emit('ReduceSum', [scaled, build.ints([places.length])], places, 'int32', { keepdims: 0 })
  const slots = shape.slice(0, depth).reduce((a, b) => a * b, 1)
  return reshape(build, sumIntoSlots(call, ids, updates, [slots, ...shape.slice(depth)]), shape)
}

function oneHot({ build, input, attrs }: KernelCall): Value {
  const indices = input('indices')
  const dtype = attrs.dtype === 'float32' || !attrs.dtype ? 'float32' : attrs.dtype
  const shape = [...indices.shape, attrs.depth as number]
  const classes = build.constant(
    Int32Array.from({ length: attrs.depth }, (_, i) => i),
    [attrs.depth],
    'int32',
  )
  const match = build.emit('Equal', [reshape(build, indices, [...indices.shape, 1]), classes], shape, 'bool')
  return build.emit(
    'Where',
    [match, build.scalar(attrs.onValue ?? 1, dtype), build.scalar(attrs.offValue ?? 0, dtype)],
    shape,
    dtype,
  )
}

function pad({ build, input, attrs }: KernelCall): Value {
  const x = input('x')
  const paddings = attrs.paddings as [number, number][]
  const shape = x.shape.map((dim, i) => dim + paddings[i]![0] + paddings[i]![1])
  const widths = build.ints([...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)])
  const inputs = [x, widths, build.scalar(attrs.constantValue ?? 0, x.dtype)]
  return build.emit('Pad', inputs, shape, x.dtype, { mode: 'constant' })
}

function stridedSlice({ build, input, attrs }: KernelCall): Value {
  const x = input('x')
  const info = slice_util.sliceInfo(
    [...x.shape],
    attrs.begin,
    attrs.end,
    attrs.strides,
    attrs.beginMask,
    attrs.endMask,
    attrs.ellipsisMask,
    attrs.newAxisMask,
    attrs.shrinkAxisMask,
  )
  // A negative step that runs to the front ends before index 0, which ONNX writes as a large negative number.
  const ends = info.end.map((end, i) => (info.strides[i]! < 0 && end < 0 ? -(2 ** 31) : end))
  const shape = slice_util.computeOutShape(info.begin, info.end, info.strides)
  return reshape(build, slice(build, x, info.begin, ends, shape, info.strides), info.finalShape)
}

function range({ build, attrs }: KernelCall): Value {
  const { start, stop, step } = attrs as { start: number; stop: number; step: number }
  const count = Math.max(0, Math.ceil((stop - start) / step))
  const values = Array.from({ length: count }, (_, i) => start + i * step)
  return attrs.dtype === 'int32'
    ? build.constant(Int32Array.from(values), [count], 'int32')
    : build.constant(Float32Array.from(values), [count], 'float32')
}

/** Kernels that move elements without computing. */
export const shapeKernels: KernelTable = {
  Reshape: ({ build, input, attrs }) => {
    const x = input('x')
    const size = x.shape.reduce((a, b) => a * b, 1)
    const known = (attrs.shape as number[]).reduce((a, b) => (b < 0 ? a : a * b), 1)
    return reshape(
      build,
      x,
      (attrs.shape as number[]).map((dim) => (dim < 0 ? size / known : dim)),
    )
  },
  ExpandDims: ({ build, input, attrs }) => {
    const x = input('input')
    const [axis] = axesOf(attrs.dim, x.shape.length + 1)
    return reshape(build, x, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)])
  },
  Transpose: ({ build, input, attrs }) => transpose(build, input('x'), attrs.perm),
  Tile: tile,
  Concat: concat,
  Pack: pack,
  Unpack: unpack,
  SplitV: split,
  Slice: ({ build, input, attrs }) => {
    const x = input('x')
    const [begin, size] = slice_util.parseSliceParams(
      { shape: [...x.shape] } as never,
      attrs.begin,
      attrs.size,
    ) as [number[], number[]]
    return slice(
      build,
      x,
      begin,
      begin.map((start, i) => start + size[i]!),
      size,
    )
  },
  StridedSlice: stridedSlice,
  GatherV2: gather,
  GatherNd: ({ build, input }) => {
    const [params, indices] = [input('params'), input('indices')]
    const depth = indices.shape.at(-1)!
    const shape = [...indices.shape.slice(0, -1), ...params.shape.slice(depth)]
    return build.emit('GatherND', [params, cast(build, indices, 'int64')], shape, params.dtype)
  },
  ScatterNd: scatterNd,
  UnsortedSegmentSum: segmentSum,
  OneHot: oneHot,
  PadV2: pad,
  MirrorPad: mirrorPad,
  Reverse: ({ build, input, attrs }) => {
    const x = input('x')
    const axes = axesOf(attrs.dims, x.shape.length)
    const turned = (i: number) => axes.includes(i)
    return slice(
      build,
      x,
      x.shape.map((_, i) => (turned(i) ? -1 : 0)),
      x.shape.map((dim, i) => (turned(i) ? -(2 ** 31) : dim)),
      x.shape,
      x.shape.map((_, i) => (turned(i) ? -1 : 1)),
    )
  },
  Range: range,
}
