import type { Graph, Node, Value } from '../graph'

/** Computes equal nodes once. Every operator that the tracer emits is a pure function of its inputs. */
export function mergeCommonSubexpressions(graph: Graph): Graph {
  const replaced = new Map<number, Value>()
  const seen = new Map<string, Node>()
  const smallConstants = new Map<string, Value>()
  const nodes: Node[] = []

  const canonical = (value: Value): Value => {
    const known = replaced.get(value.id)
    if (known) return known
    const small = value.data && value.data.length <= 16 ? `${value.data}` : value.fill
    if (value.producer || value.input !== undefined || small === undefined) return value
    const key = `${value.dtype}|${value.shape}|${small}`
    const first = smallConstants.get(key) ?? value
    smallConstants.set(key, first)
    return first
  }

  for (const node of graph.nodes) {
    const inputs = node.inputs.map(canonical)
    const key = `${node.domain}|${node.op}|${inputs.map(({ id }) => id)}|${node.outputs.length}|${JSON.stringify(node.attributes)}`
    const twin = seen.get(key)
    if (twin) {
      node.outputs.forEach((output, i) => void replaced.set(output.id, twin.outputs[i]!))
      continue
    }
    const kept: Node = { ...node, inputs, outputs: [] }
    for (const output of node.outputs) {
      const moved = { ...output, producer: kept }
      kept.outputs.push(moved)
      replaced.set(output.id, moved)
    }
    seen.set(key, kept)
    nodes.push(kept)
  }
  const outputs = Object.fromEntries(
    Object.entries(graph.outputs).map(([name, value]) => [name, canonical(value)]),
  )
  return { ...graph, nodes, outputs }
}
