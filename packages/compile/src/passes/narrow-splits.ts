import type { Graph, GraphBuilder, Value } from '../graph'
import { rewrite } from './rewrite'

/** WebGPU promises a shader eight storage buffers. ONNX Runtime's split reads one and writes each part to one of its own. */
const mostParts = 7

/** Splits into more parts than a WebGPU shader can write become splits of splits; the parts are the same. */
export function narrowSplits(graph: Graph): Graph {
  return rewrite(graph, ({ op, inputs, outputs, attributes }, { build }) =>
    op === 'Split' ? split(build, inputs[0]!, outputs, attributes.axis as number) : undefined,
  )
}

type Part = Pick<Value, 'shape' | 'dtype'>

function split(build: GraphBuilder, whole: Value, parts: readonly Part[], axis: number): Value[] {
  const width = ({ shape }: Part) => shape[axis]!
  const emit = (to: readonly Part[]) =>
    build.emitAll('Split', [whole, build.ints(to.map(width))], to, { axis })
  if (parts.length <= mostParts) return emit(parts)
  const atOnce = Math.max(mostParts, Math.ceil(parts.length / mostParts))
  const groups = Array.from({ length: Math.ceil(parts.length / atOnce) }, (_, i) =>
    parts.slice(i * atOnce, (i + 1) * atOnce),
  )
  const stretches = groups.map((group) => {
    const length = group.reduce((sum, part) => sum + width(part), 0)
    return { dtype: whole.dtype, shape: whole.shape.map((dim, i) => (i === axis ? length : dim)) }
  })
  return emit(stretches).flatMap((stretch, i) => split(build, stretch, groups[i]!, axis))
}
