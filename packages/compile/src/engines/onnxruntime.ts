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
  const model = writeModel(graph, { external: true, lend, ask })
  const settings: InferenceSession.SessionOptions = {
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
    intraOpNumThreads: options.threads ?? availableParallelism(),
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    // With patterns the second run takes one block for all values while the first run's arena stays: twice the memory,
    // and page faults in place of reuse. Shapes are static, so the arena alone fits every run.
    enableMemPattern: provider !== 'cpu',
    logSeverityLevel: 3,
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
  return {
    async run(feeds) {
      const tensors = Object.fromEntries(
        session.inputNames.map((name) => [name, weights[name] ?? toOrt(feeds[name]!)]),
      )
      const results = await session.run(tensors)
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, fromOrt(tensor)]))
    },
    async dispose() {
      if (options.profile) session.endProfiling()
      await session.release()
    },
  }
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

function toOrt({ dtype, data, shape }: HostArray): ort.Tensor {
  return new ort.Tensor(dtype, data as never, [...shape])
}

function fromOrt(tensor: ort.Tensor): HostArray {
  return {
    dtype: tensor.type as HostArray['dtype'],
    shape: tensor.dims,
    data: tensor.data as HostArray['data'],
  }
}
