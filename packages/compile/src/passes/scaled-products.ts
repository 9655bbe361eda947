import type { Graph, Node, Value } from '../graph'
import { rewrite } from './rewrite'
import { factorOf } from './scalar-chains'

/**
 * A factor becomes the `alpha` of a matrix product: of the one that it stands behind, or of the one that is multiplied with what it
 * stands behind, reshapes passed over, where nobody else reads what lies between. The product stays in its place: moved behind,
 * it would keep its operands longer. Factors far from one stay too: half precision, which the product may be computed in,
 * might not hold what they make of it.
 */
export function scaleProducts(graph: Graph): Graph {
  const readers = new Map<number, (Node | 'output')[]>()
  const read = ({ id }: Value, by: Node | 'output') => void readers.set(id, [...(readers.get(id) ?? []), by])
  for (const node of graph.nodes) for (const input of node.inputs) read(input, node)
  for (const output of Object.values(graph.outputs)) read(output, 'output')
  const onlyReader = ({ id }: Value) => (readers.get(id)?.length === 1 ? readers.get(id)![0] : undefined)

  /** The product behind a value that nobody else reads. */
  const productBehind = (value: Value): Value | undefined => {
    if (!onlyReader(value)) return undefined
    if (value.producer?.op === 'Reshape') return productBehind(value.producer.inputs[0]!)
    return value.producer?.op === 'Gemm' && value.producer.inputs.length === 2 ? value : undefined
  }
  /** The product beside what is scaled, in the multiplication that reads it. */
  const productBeside = (scaled: Value): Value | undefined => {
    const reader = onlyReader(scaled)
    if (reader === undefined || reader === 'output' || reader.op !== 'Mul') return undefined
    return productBehind(reader.inputs.find((input) => input !== scaled)!)
  }

  const [alphas, gone] = [new Map<number, number>(), new Map<number, number>()]
  for (const node of graph.nodes) {
    const output = node.outputs[0]!
    const scaled = output.dtype === 'float32' ? factorOf(node) : undefined
    if (!scaled || !isNearOne(scaled.factor) || `${scaled.value.shape}` !== `${output.shape}`) continue
    const product = productBehind(scaled.value) ?? productBeside(output)
    if (!product) continue
    const alpha = alphas.get(product.id) ?? alphaOf(product.producer!)
    alphas.set(product.id, Math.fround(alpha * scaled.factor))
    gone.set(output.id, node.inputs.indexOf(scaled.value))
  }
  return rewrite(graph, ({ op, inputs, outputs, attributes }, { build }) => {
    const [output] = outputs as [Value]
    const unscaled = gone.get(output.id)
    if (unscaled !== undefined) return [inputs[unscaled]!]
    const alpha = alphas.get(output.id)
    if (alpha === undefined) return undefined
    return [build.emit(op, inputs, output.shape, output.dtype, { ...attributes, alpha: { float: alpha } })]
  })
}

const isNearOne = (factor: number): boolean => Math.abs(factor) >= 1 / 16 && Math.abs(factor) <= 16

/** What a matrix product is multiplied with already. */
function alphaOf({ attributes }: Node): number {
  const { alpha } = attributes
  return typeof alpha === 'object' && 'float' in alpha ? alpha.float : 1
}
