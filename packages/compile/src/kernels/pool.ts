import { backend_util } from '@tensorflow/tfjs-core'
import type { Value } from '../graph'
import { type ConvInfo, padsOf, toNchw, toNhwc } from './conv-geometry'
import { type KernelCall, type KernelTable, reshape } from './kernel'

function poolGeometry(call: KernelCall, x: Value): ConvInfo {
  const { filterSize, strides, pad, dimRoundingMode } = call.attrs
  return backend_util.computePool2DInfo([...x.shape] as never, filterSize, strides, 1, pad, dimRoundingMode)
}

const poolAttributes = (info: ConvInfo) => ({
  kernel_shape: [info.filterHeight, info.filterWidth],
  strides: [info.strideHeight, info.strideWidth],
  pads: padsOf(info),
})

function maxPoolGrad(call: KernelCall): Value {
  const { build, input } = call
  const [dy, x] = [input('dy'), input('input')]
  const info = poolGeometry(call, x)
  const nchw = [info.batchSize, info.outChannels, info.outHeight, info.outWidth]
  const [, indices] = build.emitAll(
    'MaxPool',
    [toNchw(build, x)],
    [
      { shape: nchw, dtype: 'float32' },
      { shape: nchw, dtype: 'int64' },
    ],
    poolAttributes(info),
  )
  const [count, size] = [nchw.reduce((a, b) => a * b, 1), x.shape.reduce((a, b) => a * b, 1)]
  const updates = reshape(build, toNchw(build, dy), [count])
  const places = build.emit('Reshape', [indices!, build.ints([count])], [count], 'int64')
  // Not ScatterND: where windows overlap, its threads lose each other's sums (see `sumIntoSlots`).
  const zeros = build.fill(0, [size], 'float32')
  const flags = { axis: 0, reduction: 'add' }
  const flat = build.emit('ScatterElements', [zeros, places, updates], [size], 'float32', flags)
  return toNhwc(build, reshape(build, flat, [x.shape[0]!, x.shape[3]!, x.shape[1]!, x.shape[2]!]))
}

const pool =
  (op: string) =>
  (call: KernelCall): Value => {
    const { build, input } = call
    const info = poolGeometry(call, input('x'))
    const shape = [info.batchSize, info.outChannels, info.outHeight, info.outWidth]
    return toNhwc(build, build.emit(op, [toNchw(build, input('x'))], shape, 'float32', poolAttributes(info)))
  }

/** Poolings and their gradients. */
export const poolKernels: KernelTable = {
  MaxPool: pool('MaxPool'),
  MaxPoolGrad: maxPoolGrad,
  AvgPool: pool('AveragePool'),
}
