import { type Graph, GraphBuilder, type Node, type Value } from '../graph'

/** What a rule sees beside the node. */
export interface RewriteContext {
  readonly build: GraphBuilder
  /** Nodes and outputs that read a value. */
  uses(value: Value): number
}

/**
 * Replaces a node by other values, or leaves it (`undefined`). The node's inputs are those of the new graph, so that
 * a rule sees what rules made of earlier nodes.
 */
export type RewriteRule = (node: Node, context: RewriteContext) => readonly Value[] | undefined

/**
 * Walks the graph once in order and applies the rule; what nobody reads any more is left to dead-code removal.
 * @param finish What becomes of the graph's outputs at the end. Default: nothing.
 */
export function rewrite(
  graph: Graph,
  rule: RewriteRule,
  finish: (output: Value, context: RewriteContext) => Value = (output) => output,
): Graph {
  const counts = new Map<number, number>()
  let largest = 0
  const count = (value: Value) => void counts.set(value.id, (counts.get(value.id) ?? 0) + 1)
  for (const node of graph.nodes) {
    node.inputs.forEach(count)
    for (const { id } of [...node.inputs, ...node.outputs]) largest = Math.max(largest, id)
  }
  for (const value of [...Object.values(graph.outputs), ...graph.inputs])
    largest = Math.max(largest, value.id)
  Object.values(graph.outputs).forEach(count)
  const build = new GraphBuilder(largest + 1)
  const replaced = new Map<number, Value>()
  const current = (value: Value): Value => replaced.get(value.id) ?? value
  const context: RewriteContext = { build, uses: (value) => counts.get(value.id) ?? 0 }
  for (const node of graph.nodes) {
    const moved = { ...node, inputs: node.inputs.map(current) }
    const made =
      rule(moved, context) ??
      build.emitAll(moved.op, moved.inputs, moved.outputs, moved.attributes, moved.domain)
    node.outputs.forEach((output, i) => {
      replaced.set(output.id, made[i]!)
      counts.set(made[i]!.id, (counts.get(made[i]!.id) ?? 0) + (counts.get(output.id) ?? 0))
    })
  }
  const outputs = Object.fromEntries(
    Object.entries(graph.outputs).map(([name, value]) => [name, finish(current(value), context)]),
  )
  return { ...graph, nodes: build.nodes, outputs }
}
