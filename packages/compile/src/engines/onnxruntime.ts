import { availableParallelism } from 'node:os'
import type { HostArray } from '@univ/nn'
import type { InferenceSession } from 'onnxruntime-node'
import * as ort from 'onnxruntime-node'
import { CompileError } from '../compile-error'
import type { Graph } from '../graph'
import { type OnnxModel, writeModel } from '../onnx/model'
import { cudaObstacle, webgpuObstacle } from './choose'
import type { EngineOptions, Executable } from './engine'
import { valuesToAskFor } from './execution-order'
import { gpuBuffers, stateLocations, withAllState } from './gpu-state'
import { type HeldArray, isHeld } from './held-array'
import { fromOrt, toOrt } from './host-tensors'
import { lentWeights } from './lend-weights'
import { refuseTooLarge } from './memory-limit'
import { type SessionCache, sessionCache } from './session-cache'

// ONNX Runtime would send usage to its makers and keep an identifier in the home folder. It reads this at its first session.
process.env.ORT_DISABLE_TELEMETRY ??= '1'

export interface SessionOptions extends EngineOptions {
  /** Have nodes computed in the graph's order, for graphs that need less memory in it; on the CPU. */
  readonly inOrder?: boolean
}

/** Opens a session for the graph, on the CPU if it fits memory. Large constants go beside the model, so that no 2 GB protobuf arises. */
export async function openSession(
  graph: Graph,
  provider: string,
  options: SessionOptions,
): Promise<Executable> {
  if (provider === 'cpu') refuseTooLarge(graph)
  const lend = provider === 'cpu' ? lentWeights(graph) : undefined
  const ask = provider === 'cpu' && options.inOrder ? valuesToAskFor(graph) : undefined
  // onnxruntime-node can leave results in WebGPU's memory, not in CUDA's.
  const keeps = provider === 'webgpu'
  const whole = keeps ? withAllState(graph) : graph
  const model = writeModel(whole, { external: true, lend, ask })
  const settings: InferenceSession.SessionOptions = {
    ...placement(provider, options.fallback ?? true),
    intraOpNumThreads: options.threads ?? availableParallelism(),
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    // With patterns the second run takes one block for all values while the first run's arena stays: twice the memory,
    // and page faults in place of reuse. Shapes are static, so the arena alone fits every run.
    enableMemPattern: provider !== 'cpu',
    logSeverityLevel: 3,
    ...(keeps ? { preferredOutputLocation: stateLocations(whole) } : {}),
    ...(options.profile ? { enableProfiling: true, profileFilePrefix: options.profile } : {}),
  }
  const folder = options.cache ?? (process.env.UNIV_CACHE || undefined)
  const cache = provider === 'cpu' && folder ? sessionCache(folder, model, runtimeVersion()) : undefined
  const session = await createSession(model, settings, cache).catch((error: Error) => {
    const obstacle = obstacles[provider]?.()
    if (!obstacle) throw error
    // Either may be the reason: a software adapter needs no device, and may lack what the program wants.
    const said = error.message.split('\n')[0]!.slice(0, 300)
    throw new CompileError(`engine ${provider} cannot be used here: ${obstacle}; it says: ${said}`, {
      cause: error,
    })
  })
  const weights = Object.fromEntries(model.lent.map(({ name, value }) => [name, toOrt(value as HostArray)]))
  const buffers = gpuBuffers()
  const feed = (array: HostArray | HeldArray) => (isHeld(array) ? (array.tensor as ort.Tensor) : toOrt(array))
  const take = (tensor: ort.Tensor) => (tensor.location === 'cpu' ? fromOrt(tensor) : buffers.hold(tensor))
  return {
    async run(feeds) {
      const tensors = Object.fromEntries(
        session.inputNames.map((name) => [name, weights[name] ?? feed(feeds[name]!)]),
      )
      const results = await session.run(tensors)
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, take(tensor)]))
    },
    async dispose() {
      if (options.profile) session.endProfiling()
      await Promise.all([session.release(), buffers.dispose()])
    },
  }
}

/** What computes: an engine's own kernels alone, or the CPU's too, where it has none. */
function placement(provider: string, fallback: boolean): InferenceSession.SessionOptions {
  if (provider === 'cpu') return { executionProviders: ['cpu'] }
  if (fallback) return { executionProviders: [provider, 'cpu'] }
  return { executionProviders: [provider], extra: { session: { disable_cpu_ep_fallback: '1' } } }
}

const obstacles: Readonly<Record<string, () => string | undefined>> = {
  cuda: cudaObstacle,
  webgpu: webgpuObstacle,
}

/** From the cache, or from the traced graph and then into the cache. */
async function createSession(
  { bytes, external }: OnnxModel,
  settings: InferenceSession.SessionOptions,
  cache: SessionCache | undefined,
): Promise<InferenceSession> {
  const optimised = cache?.read()
  // A file that ONNX Runtime refuses counts as none.
  const known =
    optimised &&
    (await ort.InferenceSession.create(optimised, { ...settings, graphOptimizationLevel: 'disabled' }).catch(
      () => undefined,
    ))
  if (known) return known
  const session = await ort.InferenceSession.create(bytes, {
    ...settings,
    externalData: external.map(({ path, data }) => ({ path, data })),
    ...(cache ? { optimizedModelFilePath: cache.draft } : {}),
  })
  cache?.keep()
  return session
}

/** Version of the ONNX Runtime that runs graphs. */
export const runtimeVersion = (): string => ort.env.versions.node ?? ort.env.versions.common
