import type { Graph, Value } from '../graph'
import { transpose } from '../kernels/kernel'
import { rewrite } from './rewrite'

/** Matrices are read transposed instead of being turned, and transposes in a row become one or none. */
export function foldTransposes(graph: Graph): Graph {
  return rewrite(graph, ({ op, inputs, outputs, attributes }, { build }) => {
    if (op === 'Transpose' && inputs[0]!.producer?.op === 'Transpose')
      return [transpose(build, inputs[0]!, attributes.perm as readonly number[])]
    if (op !== 'Gemm') return undefined
    const [a, b, ...bias] = inputs as [Value, Value, ...Value[]]
    const [left, right] = [turnedMatrix(a), turnedMatrix(b)]
    if (!left && !right) return undefined
    const flip = (flag: unknown, turns: boolean) => Number(Boolean(flag) !== turns)
    const flags = {
      ...attributes,
      transA: flip(attributes.transA, left !== undefined),
      transB: flip(attributes.transB, right !== undefined),
    }
    return [build.emit('Gemm', [left ?? a, right ?? b, ...bias], outputs[0]!.shape, 'float32', flags)]
  })
}

/** The matrix before it was transposed. */
function turnedMatrix({ producer }: Value): Value | undefined {
  return producer?.op === 'Transpose' && `${producer.attributes.perm}` === '1,0'
    ? producer.inputs[0]
    : undefined
}
