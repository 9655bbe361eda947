import {
  findBackend,
  type NamedTensorInfoMap,
  registerBackend,
  registerKernel,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import { CompileError } from '../compile-error'
import { Recorder, traceBackend } from '../trace/recorder'
import { convKernels } from './conv'
import { detectionKernels } from './detection'
import { elementwiseKernels } from './elementwise'
import type { KernelTable } from './kernel'
import { matmulKernels } from './matmul'
import { withOperandTypes } from './operand-types'
import { poolKernels } from './pool'
import { reduceKernels } from './reduce'
import { shapeKernels } from './shape'

/** Every kernel that can be compiled, by tfjs name. */
export const kernelTable: KernelTable = withOperandTypes({
  ...elementwiseKernels,
  ...reduceKernels,
  ...shapeKernels,
  ...matmulKernels,
  ...convKernels,
  ...poolKernels,
  ...detectionKernels,
})

let recorder: Recorder | undefined

/** Registers the recording backend and its kernels once a process. */
export function traceRecorder(): Recorder {
  if (recorder) return recorder
  const created = new Recorder()
  registerBackend(traceBackend, () => created, 0)
  // Started here, where it does not become the current one.
  findBackend(traceBackend)
  for (const [kernelName, rule] of Object.entries(kernelTable)) {
    registerKernel({
      kernelName,
      backendName: traceBackend,
      kernelFunc: ({ inputs, attrs }) => {
        const named = inputs as NamedTensorInfoMap
        const result = rule({
          build: created.builder,
          input: (name) => {
            const tensor = named[name]
            if (!tensor) throw new CompileError(`kernel ${kernelName}: input ${name} is missing`)
            return created.graphValue(tensor)
          },
          get list() {
            return Object.values(named).map((tensor) => created.graphValue(tensor as TensorInfo))
          },
          has: (name) => named[name] !== undefined && named[name] !== null,
          attrs: attrs ?? {},
        })
        return Array.isArray(result) ? result.map((value) => created.infoOf(value)) : created.infoOf(result)
      },
    })
  }
  recorder = created
  return created
}
