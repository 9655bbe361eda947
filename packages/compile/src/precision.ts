import { CompileError } from './compile-error'
import type { Graph } from './graph'
import { removeDeadCode } from './passes/dead-code'
import { mixedPrecision } from './passes/mixed-precision'
import { quantise } from './passes/quantise'

/** How products are computed in training; see `mixedPrecision`. */
export const trainingPrecisions = ['float32', 'float16', 'bfloat16'] as const

export type TrainingPrecision = (typeof trainingPrecisions)[number]

export const precisions = [...trainingPrecisions, 'int8'] as const

/** How products are computed; `int8`, for inference: see `quantise`. */
export type Precision = (typeof precisions)[number]

const able: Readonly<Record<Exclude<Precision, 'float32'>, readonly string[]>> = {
  float16: ['cpu', 'webgpu', 'cuda'],
  bfloat16: ['cpu', 'cuda'],
  int8: ['cpu'],
}

/** @throws CompileError where the engine cannot compute in that precision */
export function refusePrecision(precision: Precision, engine: string): void {
  if (precision === 'float32' || able[precision].includes(engine)) return
  const engines = able[precision]
  const named = new Intl.ListFormat('en-GB').format(engines)
  throw new CompileError(
    `precision ${precision} is for the engine${engines.length > 1 ? 's' : ''} ${named}, not ${engine}: choose another engine or another precision`,
  )
}

/** The optimised graph in the given precision. */
export function inPrecision(graph: Graph, precision: Precision, optimised: (graph: Graph) => Graph): Graph {
  if (precision === 'float32') return optimised(graph)
  if (precision === 'int8') return optimised(quantise(graph))
  return removeDeadCode(mixedPrecision(optimised(graph), precision))
}
