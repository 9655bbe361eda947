import type { Graph, Value } from '../graph'
import { type RewriteRule, rewrite } from './rewrite'

/** Factors and signs in a row become one factor, neutral ones none. */
export function shortenScalarChains(graph: Graph): Graph {
  return rewrite(graph, shorten)
}

const shorten: RewriteRule = (node, { build, uses }) => {
  const output = node.outputs[0]!
  if (output.dtype !== 'float32') return undefined
  const outer = factorOf(node)
  if (!outer) return undefined
  const inner = outer.value.producer && factorOf(outer.value.producer)
  // The inner product must have no other reader, or it would be computed as well.
  if (
    inner &&
    uses(outer.value) === 1 &&
    `${inner.value.shape}` === `${output.shape}` &&
    [outer.factor, inner.factor].every(isModerate)
  ) {
    const factor = Math.fround(outer.factor * inner.factor)
    if (factor === 1) return [inner.value]
    return [build.emit('Mul', [inner.value, build.scalar(factor)], output.shape, 'float32')]
  }
  return outer.factor === 1 && `${outer.value.shape}` === `${output.shape}` ? [outer.value] : undefined
}

/** Neither 0 nor so large or small that what lies between two of them may overflow or vanish where their product does not. */
const isModerate = (factor: number): boolean => Math.abs(Math.log2(Math.abs(factor))) <= 40

/** `value · factor`, as a product with a scalar constant or a negation writes it. */
export function factorOf({
  op,
  inputs,
}: {
  readonly op: string
  readonly inputs: readonly Value[]
}): { readonly value: Value; readonly factor: number } | undefined {
  const [a, b] = inputs
  if (op === 'Neg') return { value: a!, factor: -1 }
  if (op !== 'Mul') return undefined
  const scalar = (value: Value) => value.fill !== undefined && value.shape.length === 0
  if (scalar(b!)) return { value: a!, factor: b!.fill! }
  return scalar(a!) ? { value: b!, factor: a!.fill! } : undefined
}
