import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { CompileError } from '../compile-error'
import { type EngineName, engineNames, isEngineName } from './engine'

/** What `auto` found, and why it passed over the others. */
export interface Choice {
  readonly engine: Exclude<EngineName, 'auto'>
  readonly notes: readonly string[]
}

/** Resolves `auto`; any other name is taken as it is, so that an explicit wish fails loudly when it cannot be met. */
export function chooseEngine(wish: EngineName): Choice {
  if (wish !== 'auto') {
    if (isEngineName(wish)) return { engine: wish, notes: [] }
    throw new CompileError(`engine '${wish}' is unknown; use ${engineNames}`)
  }
  const notes: string[] = []
  const cuda = cudaObstacle()
  if (!cuda) return { engine: 'cuda', notes }
  notes.push(`cuda: ${cuda}`)
  const webgpu = webgpuObstacle()
  if (!webgpu) return { engine: 'webgpu', notes }
  notes.push(`webgpu: ${webgpu}`)
  return { engine: 'cpu', notes }
}

/** Why the CUDA provider cannot run here, or nothing. */
export function cudaObstacle(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return 'ONNX Runtime ships it for Linux x64 only'
  if (!existsSync('/dev/nvidia0')) return 'no NVIDIA device (/dev/nvidia0)'
  const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'))
  const library = join(root, 'bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so')
  return existsSync(library)
    ? undefined
    : 'onnxruntime-node has no CUDA libraries; run its install script (npm rebuild onnxruntime-node --ignore-scripts=false)'
}

/** Why no hardware WebGPU adapter is to be expected, or nothing. Software adapters count only when asked for by name. */
export function webgpuObstacle(): string | undefined {
  if (process.platform !== 'linux') return undefined
  const render = existsSync('/dev/dri') && readdirSync('/dev/dri').some((name) => name.startsWith('renderD'))
  return render || existsSync('/dev/nvidia0') ? undefined : 'no GPU device (/dev/dri/renderD*, /dev/nvidia0)'
}
