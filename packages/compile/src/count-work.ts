import { ownerOf, renames } from './aliases'
import { byteSize, type Graph, type GraphData, type Node, sizeOf } from './graph'

/** Work of a graph, counted from its shapes: the same on every machine. */
export interface WorkCount {
  readonly nodes: number
  /** Of matrix products and convolutions; a multiply-add counts as two. */
  readonly flops: number
  /** Constants that the graph holds. */
  readonly constantBytes: number
  /** Outputs of all nodes. */
  readonly intermediateBytes: number
  /** Largest sum of intermediate values alive at once, in the graph's order. */
  readonly peakBytes: number
  /** State that every run reads; the host hands it over unless the engine keeps it. */
  readonly stateBytes: number
  /** By operator, most bytes first. `bytes` are read and written. */
  readonly byOp: Readonly<
    Record<string, { readonly nodes: number; readonly flops: number; readonly bytes: number }>
  >
}

function flopsOf({ op, inputs, outputs, attributes }: Node): number {
  const out = sizeOf(outputs[0]!.shape)
  const [a, b] = inputs.map(({ shape }) => shape) as [readonly number[], readonly number[]]
  switch (op) {
    case 'Gemm':
    case 'MatMul':
    case 'FusedMatMul':
    case 'MatMulInteger':
      return 2 * out * a.at(attributes.transA ? -2 : -1)!
    case 'Conv':
      return 2 * out * sizeOf(b.slice(1))
    case 'ConvTranspose':
      return 2 * sizeOf(a) * sizeOf(b.slice(1))
    default:
      return 0
  }
}

/** Counts what a graph does. */
export function countWork(graph: Graph): WorkCount {
  const byOp = new Map<string, { nodes: number; flops: number; bytes: number }>()
  const constants = new Map<GraphData, number>()
  let intermediateBytes = 0
  for (const node of graph.nodes) {
    const entry = byOp.get(node.op) ?? { nodes: 0, flops: 0, bytes: 0 }
    byOp.set(node.op, entry)
    entry.nodes++
    entry.flops += flopsOf(node)
    for (const input of node.inputs) if (input.data) constants.set(input.data, byteSize(input))
    if (renames(node)) continue
    const written = node.outputs.reduce((sum, value) => sum + byteSize(value), 0)
    intermediateBytes += written
    entry.bytes += written + node.inputs.reduce((sum, value) => sum + byteSize(value), 0)
  }
  const rows = [...byOp.entries()].sort(([, a], [, b]) => b.bytes - a.bytes)
  return {
    nodes: graph.nodes.length,
    flops: rows.reduce((sum, [, { flops }]) => sum + flops, 0),
    constantBytes: [...constants.values()].reduce((a, b) => a + b, 0),
    intermediateBytes,
    stateBytes: graph.inputs
      .filter(({ input }) => input!.startsWith('state.'))
      .reduce((sum, value) => sum + byteSize(value), 0),
    peakBytes: peakOf(graph),
    byOp: Object.fromEntries(rows),
  }
}

/** Every buffer lives from its node to the last one that reads it, through reshapes too. */
function peakOf({ nodes, outputs }: Graph): number {
  const lastUse = new Map<number, number>()
  nodes.forEach((node, i) => {
    for (const input of node.inputs) lastUse.set(ownerOf(input).id, i)
  })
  for (const value of Object.values(outputs)) lastUse.set(ownerOf(value).id, nodes.length)
  const endings = new Map<number, number>()
  let [live, peak] = [0, 0]
  nodes.forEach((node, i) => {
    if (!renames(node))
      for (const output of node.outputs) {
        const end = lastUse.get(output.id) ?? i
        endings.set(end, (endings.get(end) ?? 0) + byteSize(output))
        live += byteSize(output)
      }
    peak = Math.max(peak, live)
    live -= endings.get(i) ?? 0
  })
  return peak
}
