import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Graph, GraphBuilder, onnxType, type Value } from '../graph'
import { imitateBfloat16 } from '../passes/imitate-bfloat16'
import { valuesToAskFor } from './execution-order'
import { openSession } from './onnxruntime'

const side = 64

/** A chain whose every value a second node reads at once; those second values are wanted at the very end. */
function ladder(): Graph {
  const build = new GraphBuilder()
  const shape = [side, side]
  let x = build.input('input.x', shape, 'float32')
  const sums: Value[] = []
  for (const op of ['Sin', 'Tanh', 'Sigmoid', 'Softplus']) {
    x = build.emit(op, [x], shape, 'float32')
    sums.push(build.emit('ReduceMax', [x, build.ints([1])], [side], 'float32', { keepdims: 0 }))
  }
  const outputs = Object.fromEntries([x, ...sums].map((value, i) => [`output.y${i}`, value]))
  return { nodes: build.nodes, inputs: build.inputs, outputs }
}

/** The ladder in bfloat16, between casts. */
function halfLadder(): Graph {
  const build = new GraphBuilder()
  const shape = [side, side]
  const cast = (value: Value, dtype: 'bfloat16' | 'float32') =>
    build.emit('Cast', [value], shape, dtype, { to: onnxType[dtype] })
  let x = cast(build.input('input.x', shape, 'float32'), 'bfloat16')
  const outputs: Record<string, Value> = {}
  for (const op of ['Tanh', 'Sigmoid', 'Relu']) {
    x = build.emit(op, [x], shape, 'bfloat16')
    outputs[`output.${op}`] = build.emit('Sin', [cast(x, 'float32')], shape, 'float32')
  }
  return { nodes: build.nodes, inputs: build.inputs, outputs }
}

async function computedIn(graph: Graph, inOrder: boolean): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'order-'))
  const options = { threads: 1, profile: join(folder, 'ort'), inOrder }
  const session = await openSession(graph, 'cpu', options)
  const x = { shape: [side, side], dtype: 'float32' as const, data: new Float32Array(side * side).fill(0.5) }
  await session.run({ 'input.x': x })
  await session.dispose()
  const events = JSON.parse(readFileSync(join(folder, readdirSync(folder)[0]!), 'utf8')) as {
    name: string
    cat: string
    args?: { op_name?: string }
  }[]
  return events
    .filter(({ cat, name }) => cat === 'Node' && name.endsWith('_kernel_time'))
    .map(({ args }) => args!.op_name!)
    .filter((op) => op !== 'Size')
}

describe('the order of a session', () => {
  it('is the graph’s where that is wanted, and ONNX Runtime’s own otherwise', async () => {
    const graph = ladder()
    const wanted = graph.nodes.map(({ op }) => op)
    expect(await computedIn(graph, true)).toEqual(wanted)
    expect(await computedIn(graph, false)).not.toEqual(wanted)
  })

  it('is brought about by readers of large values that nothing before them computes', () => {
    // The last value of the chain is an output, which is never given back.
    const asked = valuesToAskFor(ladder()).map(({ producer }) => producer!.op)
    expect(asked).toEqual(['ReduceMax', 'Tanh', 'ReduceMax', 'Sigmoid', 'ReduceMax', 'Softplus'])
  })

  it('asks for the casts of values in bfloat16, of which there is no Size', async () => {
    const rounded = imitateBfloat16(halfLadder())
    const asked = valuesToAskFor(rounded)
    expect(asked.length).toBeGreaterThan(0)
    expect(asked.map(({ dtype }) => dtype)).not.toContain('bfloat16')
    await (await openSession(rounded, 'cpu', { threads: 1, inOrder: true })).dispose()
  })
})
