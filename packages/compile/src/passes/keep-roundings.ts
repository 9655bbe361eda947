import type { Graph } from '../graph'
import { rewrite } from './rewrite'

/**
 * A reshape to its own shape behind every float16 result. ONNX Runtime's CPU provider computes them in single
 * precision and would leave out a rounding that is followed by a return to single; with something between the two it
 * rounds, so that the CPU gives the numbers of an engine that computes in half precision and sums in single.
 */
export function keepRoundings(graph: Graph): Graph {
  return rewrite(graph, ({ op, inputs, outputs, attributes, domain }, { build }) =>
    build.emitAll(op, inputs, outputs, attributes, domain).map((value) =>
      value.dtype === 'float16'
        ? build.emit('Reshape', [value, build.ints(value.shape)], value.shape, value.dtype, {
            allowzero: 1,
          })
        : value,
    ),
  )
}
