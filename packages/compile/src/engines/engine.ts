import type { HostArray } from '@univ/nn'

/** `auto` takes cuda, then a hardware WebGPU adapter, then cpu. */
export type EngineName = 'auto' | 'cpu' | 'webgpu' | 'cuda' | `tfjs:${string}`

/** The names in words, for errors and help. */
export const engineNames = 'auto, cpu, webgpu, cuda or tfjs:<backend>'

export const isEngineName = (name: string): name is EngineName =>
  /^(auto|cpu|webgpu|cuda|tfjs:\w+)$/.test(name)

export interface EngineOptions {
  /** Threads inside one operator. Default: the machine's cores. */
  readonly threads?: number
  /** Have ONNX Runtime write its own profile on disposal, to a JSON file whose name begins with this path. */
  readonly profile?: string
  /**
   * Folder in which the CPU engine keeps optimised graphs, so that the next process starts sooner. Default: the
   * environment variable `UNIV_CACHE`, else none.
   */
  readonly cache?: string
}

/** One compiled graph on one engine; flat names as in `trace`. */
export interface Executable {
  run(feeds: Readonly<Record<string, HostArray>>): Promise<Record<string, HostArray>>
  dispose(): Promise<void>
}
