import type { HostArray } from '@univ/nn'
import type { HeldArray } from './held-array'

/** `auto` takes cuda, then a hardware WebGPU adapter, then cpu. */
export type EngineName = 'auto' | 'cpu' | 'webgpu' | 'cuda' | `tfjs:${string}`

/** The names in words, for errors and help. */
export const engineNames = 'auto, cpu, webgpu, cuda or tfjs:<backend>'

export const isEngineName = (name: string): name is EngineName =>
  /^(auto|cpu|webgpu|cuda|tfjs:\w+)$/.test(name)

export interface EngineOptions {
  /** Threads inside one operator. Default: the machine's cores. */
  readonly threads?: number
  /**
   * What a GPU engine has no kernel for is computed on the CPU, with copies to and fro. `false` refuses such programs
   * instead. Default true.
   */
  readonly fallback?: boolean
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
  /** Outputs come to the host; new state (`next.*`) may stay where it is, to be fed again, and is then the caller's to release. */
  run(feeds: Readonly<Record<string, HostArray | HeldArray>>): Promise<Record<string, HostArray | HeldArray>>
  dispose(): Promise<void>
}
