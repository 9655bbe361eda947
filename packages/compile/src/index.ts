export type { CompiledProgram, CompileOptions } from './compile'
export { compile } from './compile'
export { CompileError } from './compile-error'
export type { WorkCount } from './count-work'
export { countWork } from './count-work'
export type { GpuEngine } from './engines/available'
export { gpuEngine } from './engines/available'
export type { Choice } from './engines/choose'
export { chooseEngine, cudaObstacle, webgpuObstacle } from './engines/choose'
export type { EngineName, EngineOptions } from './engines/engine'
export { engineNames, isEngineName } from './engines/engine'
export { runtimeVersion } from './engines/onnxruntime'
export type { Graph, Node, Value } from './graph'
export { kernelTable } from './kernels/register'
export { writeModel } from './onnx/model'
export type { PassName } from './passes/passes'
export { passNames } from './passes/passes'
export type { Precision, TrainingPrecision } from './precision'
export { trainingPrecisions } from './precision'
export type {
  InputSpec,
  InputSpecs,
  Outputs,
  Program,
  ProgramArguments,
  ProgramResult,
  Signature,
  TensorOf,
  Tensors,
} from './program'
export type { InputShapes } from './trace/trace'
