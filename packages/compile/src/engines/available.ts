import { CompileError } from '../compile-error'
import { cudaObstacle, webgpuObstacle } from './choose'
import type { EngineName } from './engine'

/** A GPU engine for tests and benchmarks, or why there is none. */
export type GpuEngine = { readonly engine: Exclude<EngineName, 'auto'> } | { readonly skipped: string }

/**
 * The GPU engine to test: the one that the environment variable `UNIV_GPU_ENGINE` names (this is how a software
 * WebGPU adapter is asked for), else CUDA, else a hardware WebGPU adapter.
 * @throws CompileError where the variable names no GPU engine.
 */
export function gpuEngine(wish = process.env.UNIV_GPU_ENGINE): GpuEngine {
  if (wish) {
    if (wish === 'webgpu' || wish === 'cuda' || wish.startsWith('tfjs:'))
      return { engine: wish as `tfjs:${string}` }
    throw new CompileError(`UNIV_GPU_ENGINE=${wish}: use webgpu, cuda or tfjs:<backend>`)
  }
  const cuda = cudaObstacle()
  if (!cuda) return { engine: 'cuda' }
  const webgpu = webgpuObstacle()
  if (!webgpu) return { engine: 'webgpu' }
  return {
    skipped: `no GPU engine (cuda: ${cuda}; webgpu: ${webgpu}). A software adapter runs with UNIV_GPU_ENGINE=webgpu`,
  }
}
