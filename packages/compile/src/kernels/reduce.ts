import type { GraphBuilder, GraphDtype, Value } from '../graph'
import { axesOf, binary, cast, type KernelCall, type KernelRule, type KernelTable, reshape } from './kernel'

function reduceTo(
  build: GraphBuilder,
  op: string,
  x: Value,
  axes: readonly number[],
  keepDims: boolean,
): Value {
  const kept = x.shape.map((dim, i) => (axes.includes(i) ? 1 : dim))
  const shape = keepDims ? kept : x.shape.filter((_, i) => !axes.includes(i))
  const changes = axes.some((axis) => x.shape[axis] !== 1)
  if (!changes) return reshape(build, x, shape)
  return build.emit(op, [x, build.ints(axes)], shape, x.dtype, { keepdims: Number(keepDims) })
}

/** @param from The type that is reduced. Default: the input's. */
const reduce =
  (op: string, from?: GraphDtype): KernelRule =>
  ({ build, input, attrs }) => {
    const x = cast(build, input('x'), from ?? input('x').dtype)
    const axes = axesOf(attrs.reductionIndices ?? attrs.axis, x.shape.length)
    return reduceTo(build, op, x, axes, attrs.keepDims ?? false)
  }

/** `all` and `any` through the least and greatest of 0 and 1. */
const logical =
  (op: string): KernelRule =>
  ({ build, input, attrs }) => {
    const x = cast(build, input('x'), 'int32')
    return cast(
      build,
      reduceTo(build, op, x, axesOf(attrs.axis, x.shape.length), attrs.keepDims ?? false),
      'bool',
    )
  }

/** ONNX neither orders nor sums truths. */
const asNumbers = (build: GraphBuilder, x: Value): Value => (x.dtype === 'bool' ? cast(build, x, 'int32') : x)

const argument =
  (op: string): KernelRule =>
  ({ build, input, attrs }) => {
    const x = asNumbers(build, input('x'))
    const [axis] = axesOf(attrs.axis ?? 0, x.shape.length)
    const shape = x.shape.filter((_, i) => i !== axis)
    return cast(build, build.emit(op, [x], shape, 'int64', { axis: axis!, keepdims: 0 }), 'int32')
  }

function topK({ build, input, attrs }: KernelCall): Value[] {
  const x = asNumbers(build, input('x'))
  const shape = [...x.shape.slice(0, -1), attrs.k]
  const outputs = [
    { shape, dtype: x.dtype },
    { shape, dtype: 'int64' as const },
  ]
  const [values, indices] = build.emitAll('TopK', [x, build.ints([attrs.k])], outputs, {
    axis: -1,
    largest: 1,
    sorted: 1,
  })
  return [cast(build, values!, input('x').dtype), cast(build, indices!, 'int32')]
}

function layerNormalization({ build, input, attrs }: KernelCall): Value[] {
  const x = input('x')
  const row = [...x.shape.slice(0, -1), 1]
  return build.emitAll(
    'LayerNormalization',
    [x, input('scale'), input('offset')],
    [x, { shape: row, dtype: 'float32' }, { shape: row, dtype: 'float32' }].map(({ shape }) => ({
      shape,
      dtype: 'float32',
    })),
    { axis: -1, epsilon: { float: attrs.epsilon } },
  )
}

function batchNorm({ build, input, attrs }: KernelCall): Value {
  const spread = build.emit(
    'Sqrt',
    [binary(build, 'Add', input('variance'), build.scalar(attrs.varianceEpsilon))],
    input('variance').shape,
    'float32',
  )
  const unit = binary(build, 'Div', binary(build, 'Sub', input('x'), input('mean')), spread)
  return binary(build, 'Add', binary(build, 'Mul', unit, input('scale')), input('offset'))
}

/** Reductions, orderings and normalisations. */
export const reduceKernels: KernelTable = {
  Sum: reduce('ReduceSum'),
  Mean: reduce('ReduceMean', 'float32'),
  Max: reduce('ReduceMax'),
  Min: reduce('ReduceMin'),
  Prod: reduce('ReduceProd'),
  All: logical('ReduceMin'),
  Any: logical('ReduceMax'),
  ArgMax: argument('ArgMax'),
  ArgMin: argument('ArgMin'),
  TopK: topK,
  Cumsum: ({ build, input, attrs }) => {
    const x = asNumbers(build, input('x'))
    const [axis] = axesOf(attrs.axis ?? 0, x.shape.length)
    const flags = { exclusive: Number(attrs.exclusive ?? false), reverse: Number(attrs.reverse ?? false) }
    return build.emit('CumSum', [x, build.scalar(axis!, 'int32')], x.shape, x.dtype, flags)
  },
  Softmax: ({ build, input, attrs }) => {
    const x = input('logits')
    return build.emit('Softmax', [x], x.shape, x.dtype, { axis: axesOf(attrs.dim, x.shape.length)[0]! })
  },
  LogSoftmax: ({ build, input, attrs }) => {
    const x = input('logits')
    return build.emit('LogSoftmax', [x], x.shape, x.dtype, { axis: axesOf(attrs.axis, x.shape.length)[0]! })
  },
  FusedBatchNorm: batchNorm,
  // The two kernels of @univ/nn that ONNX Runtime has whole; nn composes them on other backends.
  LayerNormalization: layerNormalization,
  Gelu: ({ build, input }) =>
    build.emit('Gelu', [input('x')], input('x').shape, 'float32', {}, 'com.microsoft'),
}
