import type { HostArray } from '@univ/nn'
import { Tensor } from 'onnxruntime-node'

/** Over the array's own memory. */
export function toOrt({ dtype, data, shape }: HostArray): Tensor {
  return new Tensor(dtype, data as never, [...shape])
}

export function fromOrt(tensor: Tensor): HostArray {
  return {
    dtype: tensor.type as HostArray['dtype'],
    shape: tensor.dims,
    data: tensor.data as HostArray['data'],
  }
}
