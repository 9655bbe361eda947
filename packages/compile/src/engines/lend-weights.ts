import { type Graph, sizeOf, type Value } from '../graph'

/** Kernels from this many bytes on are worth holding once. */
const least = 2 ** 16

const products = new Set(['Gemm', 'MatMul'])

/**
 * Which constants the CPU engine reads in place, as inputs over the caller's own arrays, instead of as initialisers:
 * ONNX Runtime copies those, and packs a further copy for every product that reads one (teacher, student, gradient).
 * Kernels of matrix products alone: other operators are rewritten where their constants are known.
 */
export function lentWeights(graph: Graph): (value: Value) => boolean {
  const readers = new Map<number, boolean>()
  for (const node of graph.nodes)
    for (const { id } of node.inputs) readers.set(id, products.has(node.op) && readers.get(id) !== false)
  return ({ id, shape, dtype, data }) =>
    data !== undefined && dtype === 'float32' && sizeOf(shape) * 4 >= least && readers.get(id) === true
}
