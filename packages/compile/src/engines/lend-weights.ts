import { type Graph, sizeOf, type Value } from '../graph'

/** Kernels from this many bytes on are worth holding once. */
const least = 2 ** 16

const products = new Set(['Gemm', 'MatMul'])

/**
 * Which constants the CPU engine reads in place, as inputs over the caller's own arrays, instead of as initialisers:
 * ONNX Runtime copies those, and packs a further copy for every product that reads one. Packing speeds a product up a
 * little where it has few rows, so a kernel that one product reads (inference) stays an initialiser; in training, and
 * where several products read it, it is lent. Kernels of matrix products alone: other operators are rewritten where
 * their constants are known.
 */
export function lentWeights(graph: Graph): (value: Value) => boolean {
  const trains = graph.inputs.some(({ input }) => input!.startsWith('state.'))
  const readers = new Map<number, { count: number; products: boolean }>()
  for (const node of graph.nodes)
    for (const { id } of node.inputs) {
      const seen = readers.get(id) ?? { count: 0, products: true }
      readers.set(id, seen)
      seen.count++
      seen.products &&= products.has(node.op)
    }
  return ({ id, shape, dtype, data }) => {
    const seen = readers.get(id)
    const large = data !== undefined && dtype === 'float32' && sizeOf(shape) * 4 >= least
    return large && seen?.products === true && (trains || seen.count > 1)
  }
}
