import { CompileError } from './compile-error'

/** Floating-point numbers of 16 bits: of 10 bits' fraction, or of float32's range. */
export type HalfDtype = 'float16' | 'bfloat16'

/**
 * Element types inside a graph; `int64` for the shape arguments that ONNX wants, the 8-bit ones of the pass `quantise`,
 * the half ones of `mixedPrecision`.
 */
export type GraphDtype = 'float32' | HalfDtype | 'int32' | 'bool' | 'int64' | 'uint8' | 'int8'

/** Half-precision constants are kept as their bits. */
export type GraphData = Float32Array | Uint16Array | Int32Array | Uint8Array | BigInt64Array | Int8Array

/** ONNX's numbers of the element types. */
export const onnxType = {
  float32: 1,
  float16: 10,
  bfloat16: 16,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
} as const satisfies Record<GraphDtype, number>

/** Bytes of one element. */
export const elementBytes = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int32: 4,
  bool: 1,
  int64: 8,
  uint8: 1,
  int8: 1,
} as const satisfies Record<GraphDtype, number>

export const isHalf = (dtype: GraphDtype): dtype is HalfDtype => dtype === 'float16' || dtype === 'bfloat16'

export type Attribute = number | string | readonly number[] | { readonly float: number }

/** One tensor of the graph: an input, a constant, or the output of a node. */
export interface Value {
  readonly id: number
  readonly shape: readonly number[]
  readonly dtype: GraphDtype
  /** Set for graph inputs (run-time inputs and state). */
  readonly input?: string
  /** Set for constants. */
  readonly data?: GraphData
  /** Set for constants whose elements are all equal; `data` is then absent. */
  readonly fill?: number
  readonly producer?: Node
}

/**
 * Whose operators: ONNX's, ONNX Runtime's, or those over channels in blocks, which ONNX Runtime's own optimiser writes on
 * the CPU.
 */
export type Domain = '' | 'com.microsoft' | 'com.microsoft.nchwc'

/** One ONNX operator. */
export interface Node {
  readonly op: string
  readonly domain: Domain
  readonly inputs: readonly Value[]
  readonly outputs: Value[]
  readonly attributes: Readonly<Record<string, Attribute>>
}

/** A traced program. Nodes stand in an order in which they can be run. */
export interface Graph {
  readonly nodes: readonly Node[]
  readonly inputs: readonly Value[]
  readonly outputs: Readonly<Record<string, Value>>
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, dim) => size * dim, 1)

export const byteSize = ({ shape, dtype }: Pick<Value, 'shape' | 'dtype'>): number =>
  sizeOf(shape) * elementBytes[dtype]

/** Collects nodes while a program is traced; every kernel rule writes through it. */
export class GraphBuilder {
  readonly nodes: Node[] = []
  readonly inputs: Value[] = []
  private nextId: number

  /** @param firstId Above the ids of a graph that is being rewritten. */
  constructor(firstId = 0) {
    this.nextId = firstId
  }

  input(name: string, shape: readonly number[], dtype: GraphDtype): Value {
    const value: Value = { id: this.nextId++, shape, dtype, input: name }
    this.inputs.push(value)
    return value
  }

  /** A constant; equal elements are kept as one number (`ones`, masks of zeros). */
  constant(data: GraphData, shape: readonly number[], dtype: GraphDtype): Value {
    const size = sizeOf(shape)
    if (data.length !== size) {
      throw new CompileError(`constant of shape [${shape}] needs ${size} values, got ${data.length}`)
    }
    const first = data[0]
    if (
      first !== undefined &&
      dtype !== 'int64' &&
      !isHalf(dtype) &&
      data.every((item) => Object.is(item, first))
    ) {
      return this.fill(Number(first), shape, dtype)
    }
    return { id: this.nextId++, shape, dtype, data }
  }

  fill(value: number, shape: readonly number[], dtype: GraphDtype): Value {
    return { id: this.nextId++, shape, dtype, fill: value }
  }

  /** A scalar of the given type. */
  scalar(value: number, dtype: GraphDtype = 'float32'): Value {
    return this.fill(value, [], dtype)
  }

  /** An int64 vector: axes, sizes, shapes. */
  ints(values: readonly number[]): Value {
    return {
      id: this.nextId++,
      shape: [values.length],
      dtype: 'int64',
      data: BigInt64Array.from(values, BigInt),
    }
  }

  /** One operator with one output. */
  emit(
    op: string,
    inputs: readonly Value[],
    shape: readonly number[],
    dtype: GraphDtype,
    attributes: Node['attributes'] = {},
    domain: Node['domain'] = '',
  ): Value {
    return this.emitAll(op, inputs, [{ shape, dtype }], attributes, domain)[0]!
  }

  /** One operator with several outputs. */
  emitAll(
    op: string,
    inputs: readonly Value[],
    outputs: readonly Pick<Value, 'shape' | 'dtype'>[],
    attributes: Node['attributes'] = {},
    domain: Node['domain'] = '',
  ): Value[] {
    const node: Node = { op, domain, inputs, outputs: [], attributes }
    for (const { shape, dtype } of outputs) {
      node.outputs.push({ id: this.nextId++, shape: [...shape], dtype, producer: node })
    }
    this.nodes.push(node)
    return node.outputs
  }
}
