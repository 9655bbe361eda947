import type { Graph, GraphBuilder, GraphData, Value } from '../graph'
import { cast } from '../kernels/kernel'
import { fromBfloat16, halfBits } from '../onnx/half-bits'
import { rewrite } from './rewrite'

/**
 * The same graph in single precision, with every bfloat16 result rounded to what bfloat16 holds. ONNX Runtime's CPU provider
 * converts to and from that type and computes nothing in it; so it gives the numbers of an engine that sums in single.
 */
export function imitateBfloat16(graph: Graph): Graph {
  const constants = new Map<GraphData, Value>()
  return rewrite(graph, ({ op, inputs, outputs, attributes, domain }, { build }) => {
    const read = inputs.map((value) => widened(value, build, constants))
    const isRounded = outputs.map(({ dtype }) => dtype === 'bfloat16')
    const isCast = op === 'Cast' && (isRounded[0] || inputs[0]!.dtype === 'bfloat16')
    const made = isCast
      ? [cast(build, read[0]!, isRounded[0] ? 'float32' : outputs[0]!.dtype)]
      : build.emitAll(
          op,
          read,
          outputs.map(({ shape }, i) => ({ shape, dtype: isRounded[i] ? 'float32' : outputs[i]!.dtype })),
          attributes,
          domain,
        )
    return made.map((value, i) => (isRounded[i] ? rounded(value, build) : value))
  })
}

const rounded = (value: Value, build: GraphBuilder): Value =>
  cast(build, cast(build, value, 'bfloat16'), 'float32')

/** A constant of bfloat16 in single precision, one for each that several nodes read. */
function widened(value: Value, build: GraphBuilder, constants: Map<GraphData, Value>): Value {
  const { shape, dtype, data, fill } = value
  if (dtype !== 'bfloat16') return value
  if (fill !== undefined) {
    const [number] = fromBfloat16(halfBits(Float32Array.of(fill), 'bfloat16'))
    return build.fill(number!, shape, 'float32')
  }
  if (!data) return value
  const known = constants.get(data)
  if (known && `${known.shape}` === `${shape}`) return known
  const made = build.constant(known?.data ?? fromBfloat16(data as Uint16Array), shape, 'float32')
  constants.set(data, made)
  return made
}
