import { describe, expect, it } from 'vitest'
import { openSession } from '../engines/onnxruntime'
import { type Graph, GraphBuilder } from '../graph'
import { narrowSplits } from './narrow-splits'

/** `x [2, n (n + 1) / 2]` in parts of 1, 2, … n columns. */
function splitGraph(parts: number): Graph {
  const build = new GraphBuilder()
  const sizes = Array.from({ length: parts }, (_, i) => i + 1)
  const x = build.input('input.x', [2, (parts * (parts + 1)) / 2], 'float32')
  const shapes = sizes.map((size) => ({ shape: [2, size], dtype: 'float32' as const }))
  const made = build.emitAll('Split', [x, build.ints(sizes)], shapes, { axis: 1 })
  return {
    nodes: build.nodes,
    inputs: build.inputs,
    outputs: Object.fromEntries(made.map((value, i) => [`output.part${i}`, value])),
  }
}

async function run(graph: Graph) {
  const { shape } = graph.inputs[0]!
  const data = Float32Array.from({ length: shape[0]! * shape[1]! }, (_, i) => i)
  const session = await openSession(graph, 'cpu', {})
  const result = await session.run({ 'input.x': { shape, dtype: 'float32', data } })
  await session.dispose()
  return result
}

describe('narrowSplits', () => {
  it.each([1, 7, 8, 12, 50, 120])('gives the same %i parts, at most seven at a time', async (parts) => {
    const graph = splitGraph(parts)
    const narrow = narrowSplits(graph)
    expect(Math.max(...narrow.nodes.map(({ outputs }) => outputs.length))).toBeLessThanOrEqual(7)
    expect(await run(narrow)).toEqual(await run(graph))
  })

  it('leaves what is narrow as it is', () => {
    const graph = splitGraph(7)
    expect(narrowSplits(graph).nodes.map(({ op }) => op)).toEqual(['Split'])
  })
})
