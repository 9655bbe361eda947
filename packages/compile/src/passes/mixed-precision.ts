import {
  type Graph,
  type GraphBuilder,
  type GraphData,
  type HalfDtype,
  type Node,
  sizeOf,
  type Value,
} from '../graph'
import { cast } from '../kernels/kernel'
import { halfBits } from '../onnx/half-bits'
import { type HalfType, halfTypes } from './half-types'
import { rewrite } from './rewrite'

/**
 * Mixed precision as PyTorch's autocast has it: products and convolutions in half precision, what lies between them too as
 * long as nothing of more precision comes in; sums, norms, softmax, losses and the optimiser in single
 * precision. Inputs, outputs and state stay float32, so that weights are rounded anew in every step and small updates are
 * not lost. Constants of products are stored in half precision.
 * @param dtype `bfloat16` has fewer operators than `float16`; see `halfTypes`.
 */
export function mixedPrecision(graph: Graph, dtype: HalfDtype): Graph {
  const type = halfTypes[dtype]
  const halves = new Map<number, Value>()
  const singles = new Map<number, Value>()
  const constants = new Map<GraphData, Value>()
  const forProducts = readByProductsAlone(graph, type)

  const half = (value: Value, build: GraphBuilder): Value => {
    if (value.dtype !== 'float32') return value
    const known = halves.get(value.id)
    if (known) return known
    const made = madeHalf(value, build, type, constants)
    halves.set(value.id, made)
    return made
  }
  const single = (value: Value, build: GraphBuilder): Value => {
    if (value.dtype !== dtype) return value
    const known = singles.get(value.id)
    if (known) return known
    const made = cast(build, value, 'float32')
    singles.set(value.id, made)
    halves.set(made.id, value)
    return made
  }

  const rule = (node: Node, { build }: { readonly build: GraphBuilder }): readonly Value[] => {
    const asHalf =
      type.products.has(node.op) ||
      (mayFollow(node, type) && follows(node.inputs, type)) ||
      (type.movements.has(node.op) && node.outputs.every(({ id }) => forProducts.has(id)))
    // A cast reads either.
    const read = node.op === 'Cast' ? (value: Value) => value : asHalf ? half : single
    const inputs = node.inputs.map((value) => read(value, build))
    const outputs = node.outputs.map((output) => ({
      shape: output.shape,
      dtype: asHalf && output.dtype === 'float32' ? dtype : output.dtype,
    }))
    return build.emitAll(node.op, inputs, outputs, node.attributes, node.domain)
  }
  return rewrite(graph, rule, (output, { build }) => single(output, build))
}

/** Values that, moved or not, go into products only: rounded before they are moved, they are read and written as halves. */
function readByProductsAlone(
  { nodes, outputs }: Graph,
  { products, movements }: HalfType,
): ReadonlySet<number> {
  const readers = new Map<number, Node[]>()
  for (const node of nodes)
    for (const { id } of node.inputs) readers.set(id, [...(readers.get(id) ?? []), node])
  const results = new Set(Object.values(outputs).map(({ id }) => id))
  const alone = new Set<number>()
  const isProduct = ({ op, outputs: made }: Node): boolean =>
    products.has(op) || (movements.has(op) && made.every(({ id }) => alone.has(id)))
  for (const node of [...nodes].reverse())
    for (const { id } of node.outputs)
      if (!results.has(id) && readers.get(id)?.every(isProduct)) alone.add(id)
  return alone
}

/** An exponential where it cannot overflow, as in GELU's gradient. */
const mayFollow = ({ op, inputs }: Node, { followers }: HalfType): boolean =>
  op === 'Exp' ? isNeverPositive(inputs[0]!) : followers.has(op)

/** A square times a negative number, or taken from one. */
function isNeverPositive({ producer }: Value): boolean {
  if (producer?.op !== 'Mul' && producer?.op !== 'Sub') return false
  const [a, b] = producer.inputs as [Value, Value]
  const isSquare = ({ producer: from }: Value) => from?.op === 'Mul' && from.inputs[0] === from.inputs[1]
  if (producer.op === 'Sub') return (a.fill ?? 1) <= 0 && isSquare(b)
  return (isSquare(a) && (b.fill ?? 0) < 0) || (isSquare(b) && (a.fill ?? 0) < 0)
}

/** One input at least is half, and the others lose nothing by becoming it. */
function follows(inputs: readonly Value[], type: HalfType): boolean {
  const floats = inputs.filter(({ dtype }) => dtype === 'float32' || dtype === type.dtype)
  return (
    floats.some(({ dtype }) => dtype === type.dtype) &&
    floats.every((value) => value.dtype === type.dtype || isAdaptable(value, type))
  )
}

/** Plain numbers and masks, which take the precision of what they meet. */
function isAdaptable({ fill, shape, producer }: Value, type: HalfType): boolean {
  if (fill !== undefined) return type.holds(fill) && sizeOf(shape) === 1
  if (producer?.op === 'Cast') return producer.inputs[0]!.dtype === 'bool'
  return producer?.op === 'Where' && producer.inputs.slice(1).every((value) => isAdaptable(value, type))
}

/** A value in half precision, made from where it comes from rather than from its single precision where it is adaptable. */
function madeHalf(
  value: Value,
  build: GraphBuilder,
  type: HalfType,
  constants: Map<GraphData, Value>,
): Value {
  const { dtype } = type
  const { shape, fill, data, producer } = value
  if (data) {
    const known = constants.get(data)
    if (known && `${known.shape}` === `${shape}`) return known
    const made = build.constant(known?.data ?? halfBits(data as Float32Array, dtype), shape, dtype)
    constants.set(data, made)
    return made
  }
  if (fill === undefined && producer && isAdaptable(value, type)) {
    if (producer.op === 'Cast') return cast(build, producer.inputs[0]!, dtype)
    const [condition, ...branches] = producer.inputs
    const inputs = [condition!, ...branches.map((branch) => madeHalf(branch, build, type, constants))]
    return build.emit('Where', inputs, shape, dtype)
  }
  return cast(build, value, dtype)
}
