import * as tf from '@tensorflow/tfjs-core'
import { ShapeError } from './shape-error'

/** Numbers outside any tensor engine. `bool` holds 0 and 1. */
export interface HostArray<Shape extends readonly number[] = readonly number[]> {
  readonly shape: Shape
  readonly dtype: 'float32' | 'int32' | 'bool'
  readonly data: Float32Array | Int32Array | Uint8Array
}

const dtypes = { Float32Array: 'float32', Int32Array: 'int32', Uint8Array: 'bool' } as const

/**
 * Numbers with their shape; the array's kind tells the type.
 * @throws ShapeError where the shape holds more or fewer, or is none.
 */
export function hostArray<const Shape extends readonly number[]>(
  shape: Shape,
  data: HostArray['data'],
): HostArray<Shape> {
  const odd = shape.find((dim) => !Number.isInteger(dim) || dim < 0)
  if (odd !== undefined) throw new ShapeError(`hostArray: [${shape}], wanted are whole numbers of at least 0`)
  const size = shape.reduce((a, b) => a * b, 1)
  if (data.length !== size)
    throw new ShapeError(`hostArray: [${shape}] is ${size} numbers, there are ${data.length}`)
  const kind = Object.prototype.toString.call(data).slice(8, -1) as keyof typeof dtypes
  return { shape, dtype: dtypes[kind], data }
}

/** A tensor with the array's numbers on the current backend. */
export function toTensor({ data, shape, dtype }: HostArray): tf.Tensor {
  return tf.tensor(data, [...shape], dtype)
}
