import { CompileError } from '../compile-error'
import { type GraphBuilder, sizeOf, type Value } from '../graph'
import {
  binary,
  broadcastShape,
  type KernelCall,
  type KernelTable,
  reshape,
  transpose,
  unary,
} from './kernel'

/**
 * `op(a) · op(b) + bias`. Products with one matrix on the right become one `Gemm`, which reads either operand
 * transposed and adds the bias; batches a `MatMul` whose transposes ONNX Runtime fuses.
 */
function product(
  build: GraphBuilder,
  a: Value,
  b: Value,
  transposeA: boolean,
  transposeB: boolean,
  bias?: Value,
): Value {
  const rows = a.shape.at(transposeA ? -1 : -2)!
  const columns = b.shape.at(transposeB ? -2 : -1)!
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
  // A sum of nothing is zero; ONNX Runtime need not be asked about empty matrices.
  if (sizeOf(a.shape) === 0 || sizeOf(b.shape) === 0) {
    const zeros = build.fill(0, [...batch, rows, columns], a.dtype)
    return bias ? binary(build, 'Add', zeros, bias) : zeros
  }
  const single = (x: Value) => x.shape.slice(0, -2).every((dim) => dim === 1)
  // ONNX Runtime has no `Gemm` of integers.
  const gemm = a.dtype === 'float32' && single(b)
  if (gemm && (single(a) || !transposeA) && (bias === undefined || bias.shape.length <= 1)) {
    const matrix = (x: Value) => reshape(build, x, [sizeOf(x.shape) / x.shape.at(-1)!, x.shape.at(-1)!])
    const [left, right] = [matrix(a), matrix(b)]
    const flags = { transA: Number(transposeA), transB: Number(transposeB) }
    const shape = [left.shape[transposeA ? 1 : 0]!, columns]
    const y = build.emit('Gemm', bias ? [left, right, bias] : [left, right], shape, 'float32', flags)
    return reshape(build, y, [...batch, rows, columns])
  }
  const swap = (x: Value) => {
    const rank = x.shape.length
    return transpose(
      build,
      x,
      x.shape.map((_, i) => (i < rank - 2 ? i : i === rank - 2 ? rank - 1 : rank - 2)),
    )
  }
  const [left, right] = [transposeA ? swap(a) : a, transposeB ? swap(b) : b]
  const result = build.emit('MatMul', [left, right], [...batch, rows, columns], a.dtype)
  return bias ? binary(build, 'Add', result, bias) : result
}

function fused({ build, input, has, attrs }: KernelCall): Value {
  const bias = has('bias') ? input('bias') : undefined
  const y = product(build, input('a'), input('b'), attrs.transposeA, attrs.transposeB, bias)
  switch (attrs.activation) {
    case undefined:
    case null:
    case 'linear':
      return y
    case 'relu':
      return unary(build, 'Relu', y)
    case 'sigmoid':
      return unary(build, 'Sigmoid', y)
    default:
      throw new CompileError(
        `_FusedMatMul: activation ${attrs.activation} has no lowering; apply it as an op of its own`,
      )
  }
}

/** Products of matrices. */
export const matmulKernels: KernelTable = {
  BatchMatMul: ({ build, input, attrs }) =>
    product(build, input('a'), input('b'), attrs.transposeA ?? false, attrs.transposeB ?? false),
  _FusedMatMul: fused,
}
