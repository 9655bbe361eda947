import { type Graph, type GraphBuilder, type Node, sizeOf, type Value } from '../graph'
import { binary, reshape } from '../kernels/kernel'
import { rewrite } from './rewrite'

/** Arrays of fewer elements are summed as fast either way. */
const leastSize = 2 ** 15
/** Rows that are summed in parts, parts after that: less is lost to rounding, and every thread has some. */
const manyRows = 2048
const mostParts = 32

/**
 * Sums over all axes but the last, and weighted ones over the last, as products with a vector, which ONNX Runtime computes
 * several times as fast on the CPU: gradients of biases and of norms.
 */
export function sumsAsProducts(graph: Graph): Graph {
  return rewrite(graph, (node, { build, uses }) => {
    if (node.op !== 'ReduceSum' && node.op !== 'ReduceMean') return undefined
    const x = node.inputs[0]!
    const axes = Array.from(node.inputs[1]?.data ?? [], Number)
    if (x.dtype !== 'float32' || sizeOf(x.shape) < leastSize) return undefined
    const last = x.shape.length - 1
    if (node.op === 'ReduceSum' && last > 0 && `${axes}` === `${x.shape.slice(0, -1).map((_, i) => i)}`)
      return [sumOfRows(build, x, node.outputs[0]!.shape)]
    return `${axes}` === `${last}` && uses(x) === 1 ? weightedSum(build, node) : undefined
  })
}

function sumOfRows(build: GraphBuilder, x: Value, shape: readonly number[]): Value {
  const width = x.shape.at(-1)!
  const rows = sizeOf(x.shape) / width
  const parts = rows < manyRows ? 1 : largestDivisor(rows, mostParts)
  const ones = build.fill(1, [1, rows / parts], 'float32')
  const sums = build.emit(
    'MatMul',
    [ones, reshape(build, x, [parts, rows / parts, width])],
    [parts, 1, width],
    'float32',
  )
  if (parts === 1) return reshape(build, sums, shape)
  const axes = build.ints([0, 1])
  return reshape(build, build.emit('ReduceSum', [sums, axes], [width], 'float32', { keepdims: 0 }), shape)
}

/** `Σ x · v` along the last axis, v being one row. */
function weightedSum(build: GraphBuilder, { op, inputs, outputs }: Node): Value[] | undefined {
  const product = inputs[0]!
  if (product.producer?.op !== 'Mul') return undefined
  const width = product.shape.at(-1)!
  const isRow = ({ shape }: Value) => sizeOf(shape) === width && shape.at(-1) === width
  const [a, b] = product.producer.inputs as [Value, Value]
  const [x, row] = isRow(b) ? [a, b] : [b, a]
  if (!isRow(row) || sizeOf(x.shape) !== sizeOf(product.shape)) return undefined
  const column = reshape(build, row, [width, 1])
  const weights = op === 'ReduceMean' ? binary(build, 'Mul', column, build.scalar(1 / width)) : column
  const rows = sizeOf(x.shape) / width
  const sums = build.emit('Gemm', [reshape(build, x, [rows, width]), weights], [rows, 1], 'float32')
  return [reshape(build, sums, outputs[0]!.shape)]
}

const largestDivisor = (of: number, most: number): number => {
  for (let divisor = most; divisor > 1; divisor--) if (of % divisor === 0) return divisor
  return 1
}
