import { type Graph, type GraphData, type Node, sizeOf, type Value } from '../graph'
import { type RewriteRule, rewrite } from './rewrite'

/** Arrays up to this many elements are turned at compile time (depthwise filters); larger ones would cost memory. */
const most = 2 ** 17

const unaryOps: Readonly<Record<string, (x: number) => number>> = {
  Neg: (x) => -x,
  Sqrt: Math.sqrt,
  Reciprocal: (x) => 1 / x,
  Exp: Math.exp,
  Log: Math.log,
  Abs: Math.abs,
}

const binaryOps: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
}

/** Computes what depends on constants alone: arithmetic of equal elements, and the layout of small arrays. */
export function foldConstants(graph: Graph): Graph {
  return rewrite(graph, fold)
}

const fold: RewriteRule = (node, { build }) => {
  const output = node.outputs[0]!
  if (output.dtype === 'float32' && node.inputs.every(({ fill }) => fill !== undefined)) {
    const result = arithmetic(node)
    if (result !== undefined) return [build.fill(Math.fround(result), output.shape, 'float32')]
  }
  const [x] = node.inputs
  if (node.op === 'Transpose' && x!.data && sizeOf(x!.shape) <= most)
    return [build.constant(turned(x!, node.attributes.perm as readonly number[]), output.shape, x!.dtype)]
  if (node.op === 'Reshape' && x!.data) return [build.constant(x!.data, output.shape, x!.dtype)]
  return undefined
}

function arithmetic({ op, inputs }: Node): number | undefined {
  const [a, b] = inputs.map(({ fill }) => fill!)
  if (inputs.length === 1) return unaryOps[op]?.(a!)
  return inputs.length === 2 ? binaryOps[op]?.(a!, b!) : undefined
}

/** The elements in the order of the permuted axes. */
function turned({ data, shape }: Value, perm: readonly number[]): GraphData {
  const steps = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)))
  const result = data!.slice() as Float32Array
  const source = data as Float32Array
  let at = 0
  const walk = (axis: number, from: number): void => {
    if (axis === perm.length) {
      result[at++] = source[from]!
      return
    }
    for (let i = 0; i < shape[perm[axis]!]!; i++) walk(axis + 1, from + i * steps[perm[axis]!]!)
  }
  walk(0, 0)
  return result
}
