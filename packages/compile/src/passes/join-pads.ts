import type { Graph, GraphBuilder, Value } from '../graph'
import { rewrite } from './rewrite'

/**
 * What lies side by side, each padded with zeros to the whole and summed, is put together instead: gradients of slices, of
 * which tfjs pads each one.
 */
export function joinPads(graph: Graph): Graph {
  return rewrite(graph, ({ op, inputs, outputs }, { build, uses }) => {
    if (op !== 'Add' || inputs.some((input) => uses(input) > 1)) return undefined
    const [a, b] = inputs.map(paddedPart)
    if (!a || !b || a.axis !== b.axis || `${inputs[0]!.shape}` !== `${inputs[1]!.shape}`) return undefined
    const [first, second] = a.start < b.start ? [a, b] : [b, a]
    if (first.end !== second.start) return undefined
    const { shape } = outputs[0]!
    const joined = concat(build, [first, second], shape)
    return [pad(build, joined, { ...first, end: second.end }, shape)]
  })
}

/** A value that fills the places from `start` to `end` of one axis; zeros are around it. */
interface Part {
  readonly inner: Value
  readonly axis: number
  readonly start: number
  readonly end: number
}

function paddedPart({ shape, producer }: Value): Part | undefined {
  if (producer?.op !== 'Pad' || producer.attributes.mode !== 'constant') return undefined
  const [inner, widths, border] = producer.inputs as [Value, Value, Value]
  if (border.fill !== 0 || !(widths.data || widths.fill !== undefined)) return undefined
  const width = (i: number) => Number(widths.data?.[i] ?? widths.fill)
  const axes = shape.flatMap((_, i) => (width(i) !== 0 || width(shape.length + i) !== 0 ? [i] : []))
  if (axes.length !== 1) return undefined
  const start = width(axes[0]!)
  return start < 0 || width(shape.length + axes[0]!) < 0
    ? undefined
    : { inner, axis: axes[0]!, start, end: start + inner.shape[axes[0]!]! }
}

/** The parts' own parts where they were joined before, so that many slices make one `Concat`. */
function concat(build: GraphBuilder, parts: readonly Part[], whole: readonly number[]): Value {
  const { axis } = parts[0]!
  const values = parts.flatMap(({ inner }) =>
    inner.producer?.op === 'Concat' && inner.producer.attributes.axis === axis
      ? inner.producer.inputs
      : [inner],
  )
  const length = values.reduce((sum, { shape }) => sum + shape[axis]!, 0)
  const shape = whole.map((dim, i) => (i === axis ? length : dim))
  return build.emit('Concat', values, shape, parts[0]!.inner.dtype, { axis })
}

function pad(build: GraphBuilder, value: Value, { axis, start, end }: Part, whole: readonly number[]): Value {
  if (value.shape[axis] === whole[axis]) return value
  const widths = (width: number) => whole.map((_, i) => (i === axis ? width : 0))
  const paddings = build.ints([...widths(start), ...widths(whole[axis]! - end)])
  return build.emit('Pad', [value, paddings, build.scalar(0, value.dtype)], whole, value.dtype, {
    mode: 'constant',
  })
}
