import type { Graph, GraphData, Node, Value } from '../graph'

/** Computes equal nodes once. Every operator that the tracer emits is a pure function of its inputs. */
export function mergeCommonSubexpressions(graph: Graph): Graph {
  const replaced = new Map<number, Value>()
  const seen = new Map<string, Node>()
  const smallConstants = new Map<string, Value>()
  const arrays = new Map<GraphData, number>()
  const nodes: Node[] = []

  const canonical = (value: Value): Value => {
    const known = replaced.get(value.id)
    if (known) return known
    if (value.producer || value.input !== undefined) return value
    const small = value.data === undefined ? numberText(value.fill!) : textOf(value.data)
    const key = `${value.dtype}|${value.shape}|${small}`
    const first = smallConstants.get(key) ?? value
    smallConstants.set(key, first)
    return first
  }

  /** Small arrays by their elements, large ones by identity: weights that two places name are one constant. */
  const textOf = (data: GraphData): string => {
    if (data.length <= 16) return Array.from<number | bigint>(data).map(numberText).join()
    if (!arrays.has(data)) arrays.set(data, arrays.size)
    return `array ${arrays.get(data)}`
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

/** With the sign of a zero, which a division sees. */
const numberText = (value: number | bigint): string => (Object.is(value, -0) ? '-0' : `${value}`)
