import type { Graph } from '../graph'
import { rewrite } from './rewrite'

/** `sum(x · x)` in one reading of x: norms of gradients, lengths of rows. */
export function mergeSumsOfSquares(graph: Graph): Graph {
  return rewrite(graph, ({ op, inputs, outputs, attributes }, { build, uses }) => {
    const [product, axes] = inputs
    const square = product?.producer
    if (op !== 'ReduceSum' || square?.op !== 'Mul' || square.inputs[0] !== square.inputs[1]) return undefined
    if (uses(product!) > 1) return undefined
    const { shape, dtype } = outputs[0]!
    return [build.emit('ReduceSumSquare', [square.inputs[0]!, axes!], shape, dtype, attributes)]
  })
}
