import { byteSize, type Graph, type GraphBuilder, type Node, type Value } from '../graph'
import { rewrite } from './rewrite'
import { type Tiling, tileAxis, tilingOf } from './tile-rules'

/** What a processor's last cache may hold of a value. */
const defaultBytes = 2 ** 24
/** More parts would be more nodes than they bring. */
const mostParts = 32

/**
 * Images of a batch one after another (or some at a time) where all of them do not fit into the processor's cache: a product, the
 * activation behind it and the product of that find their numbers there then. Nodes that hand each other values that can be computed
 * part by part make a region, which is cut where its largest value does not fit: a batch is cut where it enters the region and
 * put together where it leaves it. Gradients of weights are summed over the parts.
 * @param bytes Of the largest value that need not be cut. Default 16 MiB.
 */
export function tileBatch(graph: Graph, bytes = defaultBytes): Graph {
  const places = findPlaces(graph, bytes)
  if (places.size === 0) return graph
  const cutter = cutterOf()
  return rewrite(graph, (node, { build }) => {
    const place = places.get(node.outputs[0]!.id)
    return place && compute(build, node, place, cutter)
  })
}

/** A node's place in a region. */
interface Place extends Tiling {
  readonly parts: number
}

function compute(build: GraphBuilder, node: Node, { tiled, joins, parts }: Place, cutter: Cutter): Value[] {
  const inputs = node.inputs.map((value, i) =>
    tiled.includes(i) ? cutter.partsOf(build, value, parts) : value,
  )
  const own = Array.from({ length: parts }, (_, part) =>
    inputs.map((input) => (Array.isArray(input) ? input[part]! : input) as Value),
  )
  if (joins) {
    const { shape, dtype } = node.outputs[0]!
    const sum = own.reduce<Value | undefined>(
      (before, each) => addPart(build, node, each, before, parts),
      undefined,
    )!
    return [joins === 'sum' ? sum : build.emit('Mul', [sum, build.scalar(1 / parts)], shape, dtype)]
  }
  const forms = node.outputs.map(({ shape, dtype }) => ({ shape: partShape(shape, parts), dtype }))
  const made = own.map((each) => emitPart(build, node, each, forms, parts))
  return node.outputs.map((output, i) => {
    const pieces = made.map((outputs) => outputs[i]!)
    return cutter.joined(build, pieces, output)
  })
}

/** One part's share of a sum, and what the parts before it gave; products add it themselves. */
function addPart(
  build: GraphBuilder,
  node: Node,
  own: Value[],
  before: Value | undefined,
  parts: number,
): Value {
  const output = node.outputs[0]!
  if (node.op === 'Gemm' && before) return emitPart(build, node, [...own, before], [output], parts)[0]!
  const share = emitPart(build, node, own, [output], parts)[0]!
  return before ? build.emit('Add', [before, share], output.shape, output.dtype) : share
}

type Form = Pick<Value, 'shape' | 'dtype'>

function emitPart(
  build: GraphBuilder,
  node: Node,
  inputs: Value[],
  outputs: readonly Form[],
  parts: number,
): Value[] {
  const { op, domain, attributes } = node
  if (op === 'Reshape') {
    const { shape } = outputs[0]!
    return build.emitAll(op, [inputs[0]!, build.ints(shape)], outputs, attributes, domain)
  }
  const grouped = op === 'Conv' && node.inputs[0]!.shape[0] === 1
  const own = grouped ? { ...attributes, group: (attributes.group as number) / parts } : attributes
  return build.emitAll(op, inputs, outputs, own, domain)
}

interface Cutter {
  partsOf(build: GraphBuilder, value: Value, parts: number): readonly Value[]
  /** The whole, whose parts are known from then on. */
  joined(build: GraphBuilder, pieces: readonly Value[], whole: Form): Value
}

/** Cuts every value once for each number of parts. */
function cutterOf(): Cutter {
  const cut = new Map<string, readonly Value[]>()
  return {
    partsOf(build, value, parts) {
      const key = `${value.id} in ${parts}`
      const made = cut.get(key) ?? split(build, value, parts)
      cut.set(key, made)
      return made
    },
    joined(build, pieces, { shape, dtype }) {
      const whole = build.emit('Concat', pieces, shape, dtype, { axis: tileAxis(shape) })
      cut.set(`${whole.id} in ${pieces.length}`, pieces)
      return whole
    },
  }
}

function split(build: GraphBuilder, value: Value, parts: number): Value[] {
  const shape = partShape(value.shape, parts)
  const axis = tileAxis(value.shape)
  if (value.fill !== undefined) return Array(parts).fill(build.fill(value.fill, shape, value.dtype))
  const lengths = build.ints(Array(parts).fill(shape[axis]!))
  return build.emitAll('Split', [value, lengths], Array(parts).fill({ shape, dtype: value.dtype }), { axis })
}

const partShape = (shape: readonly number[], parts: number): number[] => {
  const axis = tileAxis(shape)
  return shape.map((dim, i) => (i === axis ? dim / parts : dim))
}

/** The nodes of every region that is worth it, by their first output. */
function findPlaces(graph: Graph, bytes: number): Map<number, Place> {
  const tilings = new Map<Node, Tiling>()
  for (const node of graph.nodes) {
    const tiling = tilingOf(node)
    if (tiling) tilings.set(node, tiling)
  }
  const places = new Map<number, Place>()
  for (const region of connected(graph, tilings)) {
    const parts = partsFor(region, tilings, bytes)
    if (parts) for (const node of region) places.set(node.outputs[0]!.id, { ...tilings.get(node)!, parts })
  }
  return places
}

/** Nodes that hand each other values in parts. */
function connected(graph: Graph, tilings: ReadonlyMap<Node, Tiling>): Node[][] {
  const leader = new Map<Node, Node>()
  const find = (node: Node): Node => {
    const next = leader.get(node) ?? node
    if (next === node) return node
    const top = find(next)
    leader.set(node, top)
    return top
  }
  for (const [node, { tiled }] of tilings)
    for (const i of tiled) {
      const before = node.inputs[i]!.producer
      if (before && tilings.has(before) && !tilings.get(before)!.joins) leader.set(find(node), find(before))
    }
  const regions = new Map<Node, Node[]>()
  for (const node of graph.nodes) {
    if (!tilings.has(node)) continue
    const top = find(node)
    const region = regions.get(top)
    if (region) region.push(node)
    else regions.set(top, [node])
  }
  return [...regions.values()]
}

/** In how many parts a region is computed: the fewest that bring its largest value into the cache, or as many as may be; 0: as a whole. */
function partsFor(region: readonly Node[], tilings: ReadonlyMap<Node, Tiling>, bytes: number): number {
  const products = region.filter(({ op }) => op === 'Gemm' || op === 'MatMul' || op === 'Conv')
  const values = region.flatMap((node) => {
    const { tiled, joins } = tilings.get(node)!
    return [...tiled.map((i) => node.inputs[i]!), ...(joins ? [] : node.outputs)]
  })
  const largest = Math.max(...values.map(byteSize))
  if (products.length < 2 || largest <= bytes) return 0
  const common = values.reduce((divisor, { shape }) => gcd(divisor, shape[tileAxis(shape)]!), 0)
  let most = 0
  for (let parts = 2; parts <= Math.min(common, mostParts); parts++) {
    if (common % parts !== 0) continue
    most = parts
    if (largest / parts <= bytes) break
  }
  return most
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))
