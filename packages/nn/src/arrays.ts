import * as tf from '@tensorflow/tfjs-core'

/** Numbers outside any tensor engine. `bool` holds 0 and 1. */
export interface HostArray {
  readonly shape: readonly number[]
  readonly dtype: 'float32' | 'int32' | 'bool'
  readonly data: Float32Array | Int32Array | Uint8Array
}

/** A tensor with the array's numbers on the current backend. */
export function toTensor({ data, shape, dtype }: HostArray): tf.Tensor {
  return tf.tensor(data, [...shape], dtype)
}

/** The tensor's numbers, copied. Not inside a traced program. */
export async function toHost(tensor: tf.Tensor): Promise<HostArray> {
  const data = (await tensor.data()).slice()
  return { shape: tensor.shape, dtype: tensor.dtype as HostArray['dtype'], data: data as HostArray['data'] }
}
