import { CompileError } from '../compile-error'
import { countWork } from '../count-work'
import { byteSize, type Graph, GraphBuilder, isHalf, type Node, sizeOf, type Value } from '../graph'

/** Numbers of segments that are tried. */
const segmentCounts = [4, 8, 12, 16, 24, 32]
/** Of the graphs that need least memory, and this share of it more, the one that computes least is taken. */
const tolerance = 0.1

/**
 * Activation recomputation: the forward part of a training step is cut into segments; values between segments are kept, the
 * others are computed a second time when the backward part needs them (Chen et al. 2016, "Training Deep Nets with
 * Sublinear Memory Cost"). Cuts lie where few bytes cross, which is between blocks. The numbers do not change.
 * @param output Name of the output at which the forward part ends, the loss.
 * @throws CompileError where the program has no such output
 */
export function recompute(graph: Graph, output: string): Graph {
  const end = graph.outputs[`output.${output}`]?.producer
  if (!end) throw new CompileError(`recompute: the program has no computed output '${output}'`)
  const split = graph.nodes.indexOf(end)
  const forward = measureForward(graph, split)
  const tried = segmentCounts.map((count) => {
    const repeated = repeatSegments(graph, split, forward, chooseCuts(forward, count))
    return { graph: repeated, ...countWork(repeated) }
  })
  const least = Math.min(...tried.map(({ peakBytes }) => peakBytes))
  if (least >= countWork(graph).peakBytes) return graph
  const near = tried.filter(({ peakBytes }) => peakBytes <= least * (1 + tolerance))
  return near.reduce((best, each) => (each.flops < best.flops ? each : best)).graph
}

interface Forward {
  /** Position of every value's producer. */
  readonly position: ReadonlyMap<number, number>
  /** Last forward position that reads a value. */
  readonly lastRead: ReadonlyMap<number, number>
  /** By position: bytes of values that later forward nodes read. */
  readonly crossing: readonly number[]
  /** By position: bytes of its outputs that the backward part reads. */
  readonly saved: readonly number[]
}

function measureForward({ nodes }: Graph, split: number): Forward {
  const position = new Map<number, number>()
  const lastRead = new Map<number, number>()
  const readLater = new Set<number>()
  nodes.forEach(({ inputs, outputs }, i) => {
    for (const { id } of outputs) position.set(id, i)
    for (const { id } of inputs) {
      if (i <= split) lastRead.set(id, i)
      else readLater.add(id)
    }
  })
  const saved = nodes
    .slice(0, split + 1)
    .map(({ outputs }) =>
      outputs.reduce((sum, value) => sum + (readLater.has(value.id) ? byteSize(value) : 0), 0),
    )
  const steps = new Array<number>(split + 2).fill(0)
  for (const node of nodes.slice(0, split + 1))
    for (const value of node.outputs) {
      const [from, to] = [position.get(value.id)!, lastRead.get(value.id) ?? 0]
      if (to <= from) continue
      steps[from]! += byteSize(value)
      steps[to]! -= byteSize(value)
    }
  let bytes = 0
  return { position, lastRead, saved, crossing: steps.map((step) => (bytes += step)) }
}

/** Positions after which a segment ends: each holds about an equal share of what is saved, and little crosses its end. */
function chooseCuts({ crossing, saved }: Forward, count: number): number[] {
  const share = saved.reduce((a, b) => a + b, 0) / count
  const cuts: number[] = []
  let [held, candidate] = [0, -1]
  saved.forEach((bytes, i) => {
    held += bytes
    if (held < share * 0.6) return
    if (candidate < 0 || crossing[i]! <= crossing[candidate]!) candidate = i
    if (held < share * 1.4) return
    cuts.push(candidate)
    held = saved.slice(candidate + 1, i + 1).reduce((a, b) => a + b, 0)
    candidate = -1
  })
  return cuts
}

/** Inserts a second computation of every segment but the last before the first backward node that needs it. */
function repeatSegments(graph: Graph, split: number, forward: Forward, cuts: readonly number[]): Graph {
  const { nodes } = graph
  const { position, lastRead } = forward
  let largest = 0
  for (const { inputs, outputs } of nodes)
    for (const { id } of [...inputs, ...outputs]) largest = Math.max(largest, id)
  const build = new GraphBuilder(largest + 1)
  const segmentOf = (value: Value): number => {
    const at = position.get(value.id)
    return at === undefined ? -1 : cuts.findIndex((cut) => at <= cut)
  }
  /** Whether a value must be computed again to be read in the backward part: not the last segment's, not one that crosses. */
  const isRepeated = (value: Value): boolean => {
    const segment = segmentOf(value)
    return segment >= 0 && (lastRead.get(value.id) ?? 0) <= cuts[segment]!
  }
  const copies = new Map<number, Value>()
  let gate: Value | undefined

  const repeat = (value: Value, gated: Map<number, Value>): Value => {
    const known = copies.get(value.id)
    if (known) return known
    const { op, domain, inputs, outputs, attributes } = value.producer!
    const again = inputs.map((input) =>
      isRepeated(input) ? repeat(input, gated) : position.has(input.id) ? late(input, gated) : input,
    )
    // What reads the program's inputs alone is its original's twin, and whoever merges equal nodes would make one of all copies.
    if (again.every((input, i) => input === inputs[i])) {
      const given = inputs
        .filter(({ input }) => input !== undefined)
        .sort((a, b) => byteSize(a) - byteSize(b))
      const held = given.find(({ dtype }) => dtype === 'float32')
      if (held) again[inputs.indexOf(held)] = late(held, gated)
    }
    const made = build.emitAll(op, again, outputs, attributes, domain)
    outputs.forEach((output, i) => void copies.set(output.id, made[i]!))
    return copies.get(value.id)!
  }
  /**
   * The kept value itself, but not before the backward part has come so far: ONNX Runtime orders nodes by what they read
   * alone, and would compute the copies at once (the CPU engine is told the order, others are not). Both branches are the value, so the condition does not matter.
   */
  const late = (value: Value, gated: Map<number, Value>): Value => {
    if (!gate || !(value.dtype === 'float32' || isHalf(value.dtype))) return value
    const known = gated.get(value.id)
    if (known) return known
    const ones = value.shape.map(() => 1)
    const first = build.emit('Reshape', [gate, build.ints(ones)], ones, 'bool', { allowzero: 1 })
    const held = build.emit('Where', [first, value, value], value.shape, value.dtype)
    gated.set(value.id, held)
    return held
  }

  const gates = new Map<number, Map<number, Value>>()
  let newest: Value | undefined
  nodes.forEach((node, i) => {
    const inputs = node.inputs.map((input) => {
      if (i <= split || !isRepeated(input)) return input
      const segment = segmentOf(input)
      let gated = gates.get(segment)
      if (!gated) {
        gated = new Map()
        gates.set(segment, gated)
        gate = newest && firstIsPositive(build, newest)
      }
      return repeat(input, gated)
    })
    build.nodes.push({ ...node, inputs })
    if (i > split && node.outputs[0]!.dtype === 'float32' && sizeOf(node.outputs[0]!.shape) > 1)
      newest = node.outputs[0]
  })
  return relink({ ...graph, nodes: build.nodes })
}

/** A bool `[1]` that is known as soon as the value is. */
function firstIsPositive(build: GraphBuilder, value: Value): Value {
  const size = sizeOf(value.shape)
  const flat = build.emit('Reshape', [value, build.ints([size])], [size], 'float32', { allowzero: 1 })
  const one = [build.ints([0]), build.ints([1]), build.ints([0]), build.ints([1])]
  const first = build.emit('Slice', [flat, ...one], [1], 'float32')
  return build.emit('Greater', [first, build.scalar(0)], [1], 'bool')
}

/** New values with the old ids, whose producers are the nodes of this graph. */
function relink(graph: Graph): Graph {
  const values = new Map<number, Value>()
  const nodes = graph.nodes.map((node) => {
    const linked: Node = {
      ...node,
      inputs: node.inputs.map((input) => values.get(input.id) ?? input),
      outputs: [],
    }
    for (const output of node.outputs) {
      const value = { ...output, producer: linked }
      linked.outputs.push(value)
      values.set(value.id, value)
    }
    return linked
  })
  const outputs = Object.fromEntries(
    Object.entries(graph.outputs).map(([name, value]) => [name, values.get(value.id) ?? value]),
  )
  return { ...graph, nodes, outputs }
}
