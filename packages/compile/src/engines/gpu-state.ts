import type { InferenceSession, Tensor } from 'onnxruntime-node'
import * as ort from 'onnxruntime-node'
import type { Graph, Value } from '../graph'
import { writeModel } from '../onnx/model'
import type { HeldArray } from './held-array'
import { fromOrt } from './host-tensors'

const isState = (output: string): boolean => output.startsWith('next.')

/** The graph with state that it leaves as it is among its outputs, so that this too is uploaded once and then stays. */
export function withAllState(graph: Graph): Graph {
  const left = graph.inputs
    .filter(({ input }) => input!.startsWith('state.'))
    .map((value) => [value.input!.replace('state.', 'next.'), value] as const)
  return { ...graph, outputs: { ...Object.fromEntries(left), ...graph.outputs } }
}

/** Where results are to be left: state in WebGPU's buffers, all others on the host. */
export function stateLocations({ outputs }: Graph): Readonly<Record<string, 'gpu-buffer' | 'cpu'>> {
  return Object.fromEntries(Object.keys(outputs).map((name) => [name, isState(name) ? 'gpu-buffer' : 'cpu']))
}

/** Results of a WebGPU session that stay in its buffers. */
export interface GpuBuffers {
  hold(tensor: Tensor): HeldArray
  dispose(): Promise<void>
}

/**
 * onnxruntime-node hands WebGPU buffers out and takes them as inputs, of every session, but has no way to download one
 * (`Tensor.getData` ends the process). A session whose one result is its input, kept for each form, copies it to the host.
 */
export function gpuBuffers(): GpuBuffers {
  const readers = new Map<string, Promise<InferenceSession>>()
  const readerOf = (form: Pick<Value, 'shape' | 'dtype'>): Promise<InferenceSession> => {
    const key = `${form.dtype} ${form.shape}`
    const known = readers.get(key)
    if (known) return known
    const input: Value = { ...form, id: 0, input: 'buffer' }
    const { bytes } = writeModel(
      { nodes: [], inputs: [input], outputs: { numbers: input } },
      { external: false },
    )
    const fresh = ort.InferenceSession.create(bytes, {
      executionProviders: ['webgpu', 'cpu'],
      logSeverityLevel: 3,
    })
    readers.set(key, fresh)
    fresh.catch(() => readers.delete(key))
    return fresh
  }
  return {
    hold(tensor) {
      const form = { shape: tensor.dims, dtype: tensor.type as HeldArray['dtype'] }
      return {
        ...form,
        tensor,
        async read() {
          const reader = await readerOf(form)
          return fromOrt((await reader.run({ buffer: tensor })).numbers!)
        },
        release: () => tensor.dispose(),
      }
    },
    async dispose() {
      const sessions = await Promise.all(readers.values())
      readers.clear()
      await Promise.all(sessions.map((session) => session.release()))
    },
  }
}
