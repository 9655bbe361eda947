import {
  type BackendValues,
  type DataId,
  type DataType,
  KernelBackend,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import { CompileError, callSite } from '../compile-error'
import { GraphBuilder, type GraphData, type GraphDtype, type Value } from '../graph'

/** Name under which the recording backend and its kernels are registered. */
export const traceBackend = 'univ-trace'

/** A tfjs backend that holds no numbers: every tensor stands for a value of the graph being traced. */
export class Recorder extends KernelBackend {
  builder = new GraphBuilder()
  private values = new WeakMap<DataId, Value>()
  private live = 0

  /** Starts a new graph. */
  reset(): GraphBuilder {
    this.builder = new GraphBuilder()
    this.values = new WeakMap()
    return this.builder
  }

  /** The graph value behind a tensor. */
  graphValue(tensor: TensorInfo): Value {
    const value = this.values.get(tensor.dataId)
    if (!value) {
      throw new CompileError(
        `a tensor of shape [${tensor.shape}] belongs to another trace (${callSite(new Error().stack)})`,
      )
    }
    return value
  }

  /** Wraps a value as the output of a kernel. */
  infoOf(value: Value): TensorInfo {
    const dataId: DataId = {}
    this.values.set(dataId, value)
    this.live++
    const { dtype } = value
    const seen = dtype === 'float32' || dtype === 'bool' ? dtype : 'int32'
    return { dataId, shape: [...value.shape], dtype: seen }
  }

  override write(values: BackendValues | null, shape: number[], dtype: DataType): DataId {
    const dataId: DataId = {}
    this.move(dataId, values, shape, dtype)
    return dataId
  }

  override move(dataId: DataId, values: BackendValues | null, shape: number[], type: DataType): void {
    const dtype = graphDtype(type)
    this.values.set(
      dataId,
      values
        ? this.builder.constant(asData(values, dtype), shape, dtype)
        : this.builder.fill(0, shape, dtype),
    )
    this.live++
  }

  override readSync(): never {
    throw new CompileError(
      `a tensor's values were read while tracing, at ${callSite(new Error().stack)}: a compiled program cannot look at ` +
        'values; compute with ops (where, mul) or return the tensor as an output',
    )
  }

  override read(): Promise<never> {
    return this.readSync()
  }

  override disposeData(): boolean {
    this.live--
    return true
  }

  override numDataIds(): number {
    return this.live
  }

  override refCount(): number {
    return 1
  }

  override incRef(): void {}

  decRef(): void {}

  override timerAvailable(): boolean {
    return false
  }

  override floatPrecision(): 32 {
    return 32
  }

  override epsilon(): number {
    return 1e-7
  }

  override dispose(): void {}
}

function graphDtype(type: DataType): GraphDtype {
  if (type === 'float32' || type === 'int32' || type === 'bool') return type
  throw new CompileError(`tensors of type ${type} cannot be traced; use float32, int32 or bool`)
}

/** tfjs hands over plain arrays as well as typed ones; the graph's arrays are typed and its own. */
function asData(values: BackendValues, dtype: GraphDtype): GraphData {
  if (dtype === 'float32') return Float32Array.from(values as Float32Array)
  return dtype === 'int32' ? Int32Array.from(values as Int32Array) : Uint8Array.from(values as Uint8Array)
}
