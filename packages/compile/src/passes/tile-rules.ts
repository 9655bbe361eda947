import { byteSize, type Node, type Value } from '../graph'

/**
 * How a node is computed part by part: its tiled inputs are cut along their first axis of more than one place, the others
 * taken whole. Its outputs are cut the same way, or, where it sums over the cut axis, are the sum of all parts' (`sum`)
 * or their mean (`mean`).
 */
export interface Tiling {
  /** Positions among the inputs. */
  readonly tiled: readonly number[]
  readonly joins?: 'sum' | 'mean'
}

/** The axis along which a value is cut: the first of more than one place, so that parts are stretches of memory; else -1. */
export const tileAxis = (shape: readonly number[]): number => shape.findIndex((dim) => dim > 1)

/** How a node can be computed part by part, if it can. */
export function tilingOf(node: Node): Tiling | undefined {
  if (node.domain !== '' && node.op !== 'Gelu') return undefined
  if (node.outputs.some(({ dtype }) => dtype === 'int64')) return undefined
  return elementwise.has(node.op) ? byElement(node) : rules[node.op]?.(node)
}

type Rule = (node: Node) => Tiling | undefined

const elementwise = new Set(
  (
    'Abs Add And Cast Ceil Clip Cos Div Equal Erf Exp Floor Gelu Greater GreaterOrEqual Less LessOrEqual Log Max Min Mul Neg Not Or ' +
    'Pow Reciprocal Relu Round Sigmoid Sign Sin Softplus Sqrt Sub Tanh Where'
  ).split(' '),
)

const first: Tiling = { tiled: [0] }

function byElement({ inputs, outputs }: Node): Tiling | undefined {
  const { shape } = outputs[0]!
  const axis = tileAxis(shape)
  if (axis < 0) return undefined
  const along = (value: Value) => value.shape[axis - shape.length + value.shape.length] ?? 1
  const tiled = inputs.flatMap((value, i) => (along(value) === shape[axis] ? [i] : []))
  return { tiled }
}

/** Other axes than the cut one; numbers as ONNX gives them, negative ones from the end. */
const leaves = (axes: readonly number[], { shape }: Value): boolean => {
  const axis = tileAxis(shape)
  return axis >= 0 && axes.every((one) => (one < 0 ? one + shape.length : one) !== axis)
}

/** Products gain where what they read and write outweighs the matrix that every part reads anew. */
const outweighs = (streamed: readonly Value[], again: Value) =>
  streamed.reduce((sum, value) => sum + byteSize(value), 0) >= 4 * byteSize(again)

const product: Rule = ({ inputs, outputs, attributes }) => {
  const [a, b, c] = inputs as [Value, Value, Value | undefined]
  const y = outputs[0]!
  if (attributes.transA) {
    const sums = !c && !attributes.transB && a.shape[0]! > 1 && outweighs([a, b], y)
    return sums ? { tiled: [0, 1], joins: 'sum' } : undefined
  }
  if (a.shape[0]! === 1 || !outweighs([a, y], b)) return undefined
  const rows = c !== undefined && c.shape.length === 2 && c.shape[0] !== 1
  return { tiled: rows ? [0, 2] : [0] }
}

/** Many matrices by as many, or by one; one by many. */
const products: Rule = ({ inputs, outputs }) => {
  const [a, b] = inputs as [Value, Value]
  const rank = outputs[0]!.shape.length
  const axis = tileAxis(outputs[0]!.shape)
  const many = (value: Value) => value.shape.length === rank && value.shape[axis] === outputs[0]!.shape[axis]
  if (axis < 0 || axis >= rank - 2) return undefined
  if (many(a) && many(b)) return { tiled: [0, 1] }
  if (many(a) && b.shape.length === 2) return { tiled: [0] }
  return many(b) && a.shape.length === 2 ? { tiled: [1] } : undefined
}

/** Images by one filter, or each channel of one image by its own. */
const convolution: Rule = ({ inputs, attributes }) => {
  const [x, filter] = inputs as [Value, Value]
  if (x.shape[0]! > 1) return first
  const own = attributes.group === x.shape[1] && filter.shape[0] === x.shape[1] && inputs.length === 2
  return own && x.shape[1]! > 1 ? { tiled: [0, 1] } : undefined
}

const reduction =
  (joins: Tiling['joins']): Rule =>
  ({ inputs }) => {
    const axes = Array.from(inputs[1]?.data ?? [], Number)
    if (tileAxis(inputs[0]!.shape) < 0 || axes.length === 0) return undefined
    if (leaves(axes, inputs[0]!)) return first
    return joins ? { tiled: [0], joins } : undefined
  }

const rules: Readonly<Record<string, Rule>> = {
  Gemm: product,
  MatMul: products,
  Conv: convolution,
  ReduceSum: reduction('sum'),
  ReduceSumSquare: reduction('sum'),
  ReduceMean: reduction('mean'),
  ReduceMax: reduction(undefined),
  ReduceMin: reduction(undefined),
  Reshape: ({ inputs, outputs }) =>
    tileAxis(inputs[0]!.shape) >= 0 && tileAxis(outputs[0]!.shape) >= 0 ? first : undefined,
  Transpose: ({ inputs, outputs, attributes }) => {
    const [before, after] = [tileAxis(inputs[0]!.shape), tileAxis(outputs[0]!.shape)]
    return before >= 0 && (attributes.perm as readonly number[])[after] === before ? first : undefined
  },
  LayerNormalization: ({ inputs }) => (leaves([-1], inputs[0]!) ? first : undefined),
  Softmax: ({ inputs, attributes }) => (leaves([attributes.axis as number], inputs[0]!) ? first : undefined),
  Concat: ({ inputs, outputs, attributes }) =>
    leaves([attributes.axis as number], outputs[0]!) ? { tiled: inputs.map((_, i) => i) } : undefined,
  Split: ({ inputs, attributes }) => (leaves([attributes.axis as number], inputs[0]!) ? first : undefined),
  Gather: ({ inputs, attributes }) =>
    leaves([attributes.axis as number], inputs[0]!) &&
    tileAxis(inputs[0]!.shape) < (attributes.axis as number)
      ? first
      : undefined,
  // A slice that keeps the cut axis whole begins at its start, and an end beyond a part means its end.
  Slice: ({ inputs, outputs }) => {
    const axis = tileAxis(inputs[0]!.shape)
    return axis >= 0 &&
      outputs[0]!.shape[axis] === inputs[0]!.shape[axis] &&
      Number(inputs[4]?.data?.[axis] ?? 1) === 1
      ? first
      : undefined
  },
}
