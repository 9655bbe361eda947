import { type Graph, type GraphBuilder, type GraphData, type Node, sizeOf, type Value } from '../graph'
import { cast } from '../kernels/kernel'
import { halfBits } from '../onnx/half-bits'
import { rewrite } from './rewrite'

/** What is always computed in half precision: where the FLOPs are, and where engines sum in more than they store. */
const products = new Set(['Gemm', 'MatMul', 'Conv', 'ConvTranspose'])

/** What moves numbers without computing any. */
const movements = new Set([
  ...['Transpose', 'Reshape', 'Slice', 'Concat', 'Split', 'Gather', 'Expand', 'Tile', 'Pad'],
])

/** What is computed in half precision where all that it reads is half: one rounding, and less memory to go through. */
const followers = new Set([
  ...['Add', 'Sub', 'Mul', 'Div', 'Neg', 'Abs', 'Sign', 'Max', 'Min', 'Clip', 'Where'],
  ...['Relu', 'LeakyRelu', 'Gelu', 'Erf', 'Tanh', 'Sigmoid', 'MaxPool'],
  ...['Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Equal'],
  ...movements,
])

/** Numbers that half precision holds: 0, and those between the least normal number and the greatest. */
const inRange = (x: number): boolean => x === 0 || (Math.abs(x) >= 2 ** -14 && Math.abs(x) <= 65504)

/**
 * Mixed precision as PyTorch's autocast has it: products and convolutions in half precision, what lies between them too as
 * long as nothing of more precision comes in; sums, norms, softmax, losses and the optimiser in single
 * precision. Inputs, outputs and state stay float32, so that weights are rounded anew in every step and small updates are
 * not lost. Constants of products are stored in half precision.
 */
export function mixedPrecision(graph: Graph): Graph {
  const halves = new Map<number, Value>()
  const singles = new Map<number, Value>()
  const constants = new Map<GraphData, Value>()
  const forProducts = readByProductsAlone(graph)

  const half = (value: Value, build: GraphBuilder): Value => {
    if (value.dtype !== 'float32') return value
    const known = halves.get(value.id)
    if (known) return known
    const made = madeHalf(value, build, constants)
    halves.set(value.id, made)
    return made
  }
  const single = (value: Value, build: GraphBuilder): Value => {
    if (value.dtype !== 'float16') return value
    const known = singles.get(value.id)
    if (known) return known
    const made = cast(build, value, 'float32')
    singles.set(value.id, made)
    halves.set(made.id, value)
    return made
  }

  const rule = (node: Node, { build }: { readonly build: GraphBuilder }): readonly Value[] => {
    const asHalf =
      products.has(node.op) ||
      (mayFollow(node) && follows(node.inputs)) ||
      (movements.has(node.op) && node.outputs.every(({ id }) => forProducts.has(id)))
    // A cast reads either.
    const read = node.op === 'Cast' ? (value: Value) => value : asHalf ? half : single
    const inputs = node.inputs.map((value) => read(value, build))
    const outputs = node.outputs.map(({ shape, dtype }) => ({
      shape,
      dtype: asHalf && dtype === 'float32' ? ('float16' as const) : dtype,
    }))
    return build.emitAll(node.op, inputs, outputs, node.attributes, node.domain)
  }
  return rewrite(graph, rule, (output, { build }) => single(output, build))
}

/** Values that, moved or not, go into products only: rounded before they are moved, they are read and written as halves. */
function readByProductsAlone({ nodes, outputs }: Graph): ReadonlySet<number> {
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
const mayFollow = ({ op, inputs }: Node): boolean =>
  op === 'Exp' ? isNeverPositive(inputs[0]!) : followers.has(op)

/** A square times a negative number. */
function isNeverPositive({ producer }: Value): boolean {
  if (producer?.op !== 'Mul') return false
  const [a, b] = producer.inputs as [Value, Value]
  const isSquare = ({ producer: from }: Value) => from?.op === 'Mul' && from.inputs[0] === from.inputs[1]
  return (isSquare(a) && (b.fill ?? 0) < 0) || (isSquare(b) && (a.fill ?? 0) < 0)
}

/** One input at least is half, and the others lose nothing by becoming it. */
function follows(inputs: readonly Value[]): boolean {
  const floats = inputs.filter(({ dtype }) => dtype.startsWith('float'))
  return (
    floats.some(({ dtype }) => dtype === 'float16') &&
    floats.every((value) => value.dtype === 'float16' || isAdaptable(value))
  )
}

/** Plain numbers and masks, which take the precision of what they meet. */
function isAdaptable({ fill, shape, producer }: Value): boolean {
  if (fill !== undefined) return inRange(fill) && sizeOf(shape) === 1
  if (producer?.op === 'Cast') return producer.inputs[0]!.dtype === 'bool'
  return producer?.op === 'Where' && producer.inputs.slice(1).every(isAdaptable)
}

/** A value in half precision, made from where it comes from rather than from its single precision where it is adaptable. */
function madeHalf(value: Value, build: GraphBuilder, constants: Map<GraphData, Value>): Value {
  const { shape, fill, data, producer } = value
  if (data) {
    const known = constants.get(data)
    if (known && `${known.shape}` === `${shape}`) return known
    const made = build.constant(known?.data ?? halfBits(data as Float32Array), shape, 'float16')
    constants.set(data, made)
    return made
  }
  if (fill === undefined && producer && isAdaptable(value)) {
    if (producer.op === 'Cast') return cast(build, producer.inputs[0]!, 'float16')
    const [condition, ...branches] = producer.inputs
    const inputs = [condition!, ...branches.map((branch) => madeHalf(branch, build, constants))]
    return build.emit('Where', inputs, shape, 'float16')
  }
  return cast(build, value, 'float16')
}
