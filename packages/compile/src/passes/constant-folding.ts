import { type Graph, type GraphData, type Node, sizeOf, type Value } from '../graph'
import { type RewriteRule, rewrite } from './rewrite'

/** Arrays up to this many elements are turned element by element (depthwise filters); for larger ones it would take too long. */
const most = 2 ** 17

/** Runs of equal order from this many elements on are moved as they are, however large the array. */
const leastRun = 64

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

/**
 * Computes what depends on constants alone: arithmetic of equal elements, and the layout of arrays.
 * @param largest Elements of an array that is turned element by element.
 */
export function foldConstants(graph: Graph, largest = most): Graph {
  return rewrite(graph, foldUpTo(largest))
}

const foldUpTo =
  (largest: number): RewriteRule =>
  (node, { build }) => {
    const output = node.outputs[0]!
    if (output.dtype === 'float32' && node.inputs.every(({ fill }) => fill !== undefined)) {
      const result = arithmetic(node)
      if (result !== undefined) return [build.fill(Math.fround(result), output.shape, 'float32')]
    }
    const [x] = node.inputs
    if (!x?.data) return undefined
    const made = (data: GraphData, { shape }: Value) => build.constant(data, shape, x.dtype)
    if (node.op === 'Reshape') return [made(x.data, output)]
    if (node.op === 'Split') return divided(x, node).map((part, i) => made(part, node.outputs[i]!))
    const perm = node.attributes.perm as readonly number[] | undefined
    if (node.op !== 'Transpose' || !perm) return undefined
    const run = unmovedElements(x, perm)
    return run >= leastRun || sizeOf(x.shape) <= largest ? [made(turned(x, perm, run), output)] : undefined
  }

function arithmetic({ op, inputs }: Node): number | undefined {
  const [a, b] = inputs.map(({ fill }) => fill!)
  if (inputs.length === 1) return unaryOps[op]?.(a!)
  return inputs.length === 2 ? binaryOps[op]?.(a!, b!) : undefined
}

/** Elements that stand side by side before and after. */
function unmovedElements({ shape }: Value, perm: readonly number[]): number {
  let first = perm.length
  while (first > 0 && perm[first - 1] === first - 1) first--
  return sizeOf(shape.slice(first))
}

/** The elements in the order of the permuted axes. */
function turned({ data, shape }: Value, perm: readonly number[], run: number): GraphData {
  const steps = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)))
  const result = data!.slice() as Float32Array
  const source = data as Float32Array
  const moved = perm.filter((_, axis) => steps[axis]! >= run)
  let at = 0
  const walk = (axis: number, from: number): void => {
    if (axis === moved.length) {
      if (run === 1) result[at] = source[from]!
      else result.set(source.subarray(from, from + run), at)
      at += run
      return
    }
    for (let i = 0; i < shape[moved[axis]!]!; i++) walk(axis + 1, from + i * steps[moved[axis]!]!)
  }
  walk(0, 0)
  return result
}

/** The parts of an array along one axis. */
function divided({ data, shape }: Value, { outputs, attributes }: Node): GraphData[] {
  const axis = attributes.axis as number
  const inner = sizeOf(shape.slice(axis + 1))
  const whole = shape[axis]! * inner
  let start = 0
  return outputs.map((output) => {
    const [run, from] = [output.shape[axis]! * inner, start]
    start += run
    const part = data!.slice(0, sizeOf(output.shape)) as Float32Array
    for (let i = 0; i * run < part.length; i++)
      part.set((data as Float32Array).subarray(i * whole + from, i * whole + from + run), i * run)
    return part
  })
}
