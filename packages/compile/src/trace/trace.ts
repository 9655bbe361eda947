import * as tf from '@tensorflow/tfjs-core'
import { type HostArray, mapTree, type Tree } from '@univ/nn'
import { CompileError, callSite, withDeepStacks } from '../compile-error'
import type { Graph, GraphData, Value } from '../graph'
import { traceRecorder } from '../kernels/register'
import type { Program, ProgramResult } from '../program'
import { checkResult, returnedState } from '../returned-state'
import { withBackend } from './backend-lock'
import './gradients'
import { traceBackend } from './recorder'

/** Shapes of the run-time inputs, all known. */
export type InputShapes = Readonly<Record<string, Pick<HostArray, 'shape' | 'dtype'>>>

/** Names in a graph: `input.x`, `state.a.b`; outputs `output.y`, `next.a.b`. */
export async function trace(
  program: Program,
  inputs: InputShapes,
  constants: Tree<HostArray>,
  state: Tree<HostArray>,
): Promise<Graph> {
  return withBackend(traceBackend, traceRecorder, (recorder) => {
    const builder = recorder.reset()
    const placeholder = (name: string, array: Pick<HostArray, 'shape' | 'dtype'>): tf.Tensor =>
      asTensor(recorder.infoOf(builder.input(name, array.shape, array.dtype)))
    let results: Record<string, Value> = {}
    tf.tidy(() => {
      const args = {
        inputs: Object.fromEntries(
          Object.entries(inputs).map(([name, spec]) => [name, placeholder(`input.${name}`, spec)]),
        ),
        constants: mapTree(constants, (leaf) =>
          asTensor(recorder.infoOf(builder.constant(leaf.data as GraphData, leaf.shape, leaf.dtype))),
        ),
        state: mapTree(state, (leaf, path) => placeholder(`state.${path}`, leaf)),
      }
      const result = explain(() => program(args as never))
      checkResult(result)
      results = namedResults(result, state, (tensor) => recorder.graphValue(tensor))
    })
    return { nodes: builder.nodes, inputs: builder.inputs, outputs: results }
  })
}

/** A tensor around an existing data id: `makeTensorFromTensorInfo` keeps the id, so the value stays attached. */
function asTensor(info: tf.TensorInfo): tf.Tensor {
  return tf.engine().makeTensorFromTensorInfo(info)
}

function namedResults(
  result: ProgramResult,
  state: Tree<HostArray>,
  graphValue: (tensor: tf.Tensor) => Value,
): Record<string, Value> {
  const outputs: Record<string, Value> = {}
  for (const [name, tensor] of Object.entries(result.outputs)) outputs[`output.${name}`] = graphValue(tensor)
  for (const [path, tensor] of Object.entries(returnedState(result, state)))
    outputs[`next.${path}`] = graphValue(tensor)
  return outputs
}

/** tfjs' complaint about an unknown kernel, with the kernel's name and the caller's line. */
function explain<R>(run: () => R): R {
  try {
    return withDeepStacks(run)
  } catch (error) {
    const kernel = /Kernel '([^']+)' not registered/.exec(String((error as Error).message))?.[1]
    if (!kernel) throw error
    throw new CompileError(`no lowering for kernel ${kernel}, used at ${callSite((error as Error).stack)}`, {
      cause: error,
    })
  }
}
