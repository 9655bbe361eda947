import type { Graph, Node } from '../graph'

/** Drops nodes that no output needs: gradients into frozen weights, maps that nobody reads. */
export function removeDeadCode(graph: Graph): Graph {
  const wanted = new Set<Node>()
  const stack = Object.values(graph.outputs).flatMap((value) => value.producer ?? [])
  while (stack.length > 0) {
    const node = stack.pop()!
    if (wanted.has(node)) continue
    wanted.add(node)
    for (const input of node.inputs) if (input.producer) stack.push(input.producer)
  }
  return { ...graph, nodes: graph.nodes.filter((node) => wanted.has(node)) }
}
