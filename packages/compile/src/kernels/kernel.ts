import { type GraphBuilder, type GraphDtype, isHalf, onnxType, type Value } from '../graph'

/** What a kernel rule sees of one call. */
export interface KernelCall {
  readonly build: GraphBuilder
  /** The call's inputs by tfjs name. */
  input(name: string): Value
  /** The inputs of kernels that take a list (`Concat`, `Pack`, `AddN`). */
  readonly list: readonly Value[]
  has(name: string): boolean
  // biome-ignore lint/suspicious/noExplicitAny: tfjs attributes have one interface per kernel
  readonly attrs: Readonly<Record<string, any>>
}

/** Lowers one tfjs kernel to ONNX operators. */
export type KernelRule = (call: KernelCall) => Value | Value[]

export type KernelTable = Readonly<Record<string, KernelRule>>

/** Shape of two operands broadcast against each other, numpy's rule. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const [x, y] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1]
    return x === 1 ? y : x
  })
}

/** Axes as tfjs gives them (number, list, negative, absent = all) as a sorted list of non-negative ones. */
export function axesOf(axis: number | readonly number[] | undefined | null, rank: number): number[] {
  const list = axis === undefined || axis === null ? Array.from({ length: rank }, (_, i) => i) : [axis].flat()
  return (list as number[]).map((item) => (item < 0 ? item + rank : item)).sort((a, b) => a - b)
}

/** Reshape, or the value itself where nothing changes; two reshapes in a row become one. */
export function reshape(build: GraphBuilder, value: Value, shape: readonly number[]): Value {
  if (shape.length === value.shape.length && shape.every((dim, i) => dim === value.shape[i])) return value
  if (value.fill !== undefined) return build.fill(value.fill, shape, value.dtype)
  if (value.data) return build.constant(value.data, shape, value.dtype)
  if (value.producer?.op === 'Reshape') return reshape(build, value.producer.inputs[0]!, shape)
  return build.emit('Reshape', [value, build.ints(shape)], shape, value.dtype, { allowzero: 1 })
}

/** Transpose, or the value itself; two transposes in a row become one; moves of size-1 axes become a reshape. */
export function transpose(build: GraphBuilder, value: Value, perm: readonly number[]): Value {
  const shape = perm.map((axis) => value.shape[axis]!)
  if (value.fill !== undefined) return build.fill(value.fill, shape, value.dtype)
  const real = perm.filter((axis) => value.shape[axis] !== 1)
  if (real.every((axis, i) => i === 0 || axis > real[i - 1]!)) return reshape(build, value, shape)
  const before = value.producer
  if (before?.op === 'Transpose') {
    const inner = before.attributes.perm as readonly number[]
    return transpose(
      build,
      before.inputs[0]!,
      perm.map((axis) => inner[axis]!),
    )
  }
  return build.emit('Transpose', [value], shape, value.dtype, { perm: [...perm] })
}

/** A value in another type; bool from a number means "is not zero". */
export function cast(build: GraphBuilder, value: Value, dtype: GraphDtype): Value {
  if (value.dtype === dtype) return value
  if (value.fill !== undefined) {
    const fill =
      dtype === 'bool'
        ? Number(value.fill !== 0)
        : dtype === 'float32' || isHalf(dtype)
          ? value.fill
          : Math.trunc(value.fill)
    return build.fill(fill, value.shape, dtype)
  }
  return build.emit('Cast', [value], value.shape, dtype, { to: onnxType[dtype] })
}

/** Constants of equal elements shrink to a scalar where the other operand already has the result's shape. */
export function slim(build: GraphBuilder, value: Value, other: Value, shape: readonly number[]): Value {
  const covered = other.shape.length === shape.length && other.shape.every((dim, i) => dim === shape[i])
  return value.fill !== undefined && value.shape.length > 0 && covered
    ? build.scalar(value.fill, value.dtype)
    : value
}

/** Two operands of a result's shape, one of them slimmed where the other keeps that shape. */
export function slimEither(
  build: GraphBuilder,
  a: Value,
  b: Value,
  shape: readonly number[],
): readonly [Value, Value] {
  const slimmed = slim(build, a, b, shape)
  return [slimmed, slimmed === a ? slim(build, b, a, shape) : b]
}

/** A binary operator with numpy broadcasting. */
export function binary(
  build: GraphBuilder,
  op: string,
  a: Value,
  b: Value,
  dtype: GraphDtype = a.dtype,
): Value {
  const shape = broadcastShape(a.shape, b.shape)
  return build.emit(op, slimEither(build, a, b, shape), shape, dtype)
}

/** An operator that keeps shape and type. */
export function unary(build: GraphBuilder, op: string, x: Value): Value {
  return build.emit(op, [x], x.shape, x.dtype)
}

/** Slice with starts, exclusive ends and steps for the first axes. */
export function slice(
  build: GraphBuilder,
  x: Value,
  starts: readonly number[],
  ends: readonly number[],
  shape: readonly number[],
  steps: readonly number[] = starts.map(() => 1),
): Value {
  if (shape.every((dim, i) => dim === x.shape[i]) && steps.every((step) => step === 1)) return x
  const axes = starts.map((_, i) => i)
  const inputs = [x, build.ints(starts), build.ints(ends), build.ints(axes), build.ints(steps)]
  return build.emit('Slice', inputs, shape, x.dtype)
}
