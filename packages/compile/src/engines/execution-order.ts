import { ownerOf } from '../aliases'
import { countWork } from '../count-work'
import { byteSize, type Graph, type Node, type Value } from '../graph'

/** Values below this share of all bytes alive at once do not matter to the order. */
const share = 1 / 1000

/**
 * Values that must be asked for, one after another, so that ONNX Runtime computes a graph nearly in the order of its nodes.
 *
 * Its own order comes from the end: it starts at a node that nobody reads and computes what that one needs, so that a step
 * of training runs the whole backward pass down to the first layer before it takes up gradients of weights that nothing on the way
 * needed, and holds all they are made of. A node without readers for each such value, in the wanted order, brings the
 * value's turn.
 */
export function valuesToAskFor(graph: Graph): Value[] {
  const { nodes, outputs } = graph
  const peak = countWork(graph).peakBytes
  const readers = readersOf(nodes)
  for (const value of Object.values(outputs)) readers.delete(ownerOf(value))
  const endings = new Map<Node, Node[][]>()
  for (const [value, list] of readers) {
    if (byteSize(value) < peak * share) continue
    const last = list.at(-1)!
    endings.set(last, [...(endings.get(last) ?? []), list])
  }
  const done = new Set<Node>()
  const asked: Value[] = []
  for (const node of nodes)
    for (const list of endings.get(node) ?? [])
      for (const reader of list) {
        if (done.has(reader)) continue
        const value = sized(reader.outputs[0]!, readers)
        if (!value) continue
        asked.push(value)
        compute(value.producer!, done)
      }
  return asked
}

/** By computed value the nodes that read its bytes, in order. */
function readersOf(nodes: readonly Node[]): Map<Value, Node[]> {
  const readers = new Map<Value, Node[]>()
  for (const node of nodes)
    for (const value of new Set(node.inputs.map(ownerOf))) {
      if (!value.producer) continue
      const list = readers.get(value)
      if (list) list.push(node)
      else readers.set(value, [node])
    }
  return readers
}

/**
 * The value itself, or the cast of one in bfloat16, of which ONNX Runtime has no `Size` on the CPU. What nobody casts is left to
 * its own order.
 */
function sized(value: Value, readers: ReadonlyMap<Value, readonly Node[]>): Value | undefined {
  if (value.dtype !== 'bfloat16') return value
  return readers.get(ownerOf(value))?.find(({ op }) => op === 'Cast')?.outputs[0]
}

/** Marks a node and what it needs. */
function compute(node: Node, done: Set<Node>): void {
  const open = [node]
  while (open.length > 0) {
    const next = open.pop()!
    if (done.has(next)) continue
    done.add(next)
    for (const { producer } of next.inputs) if (producer) open.push(producer)
  }
}
