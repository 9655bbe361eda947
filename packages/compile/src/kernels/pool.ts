import { backend_util } from '@tensorflow/tfjs-core'
import { CompileError } from '../compile-error'
import type { Value } from '../graph'
import {
  type ConvInfo,
  cropped,
  fitted,
  padsOf,
  refuseForgottenRounding,
  toNchw,
  toNhwc,
  uncropped,
} from './conv-geometry'
import { type KernelCall, type KernelTable, reshape } from './kernel'

/** @throws CompileError where a window may lie outside of the image: ONNX Runtime refuses such borders. */
function poolGeometry(kernel: string, call: KernelCall, x: Value): ConvInfo {
  const { filterSize, strides, pad, dimRoundingMode } = call.attrs
  const info = fitted(
    backend_util.computePool2DInfo([...x.shape] as never, filterSize, strides, 1, pad, dimRoundingMode),
  )
  const { top, left, bottom, right } = info.padInfo
  const [height, width] = [info.filterHeight, info.filterWidth]
  if (Math.max(top, bottom) >= height || Math.max(left, right) >= width)
    throw new CompileError(
      `${kernel}: pad ${JSON.stringify(pad)}${dimRoundingMode ? ` with dimRoundingMode '${dimRoundingMode}'` : ''} ` +
        `lets windows of [${height}, ${width}] lie outside of [${x.shape}]; pad the input instead`,
    )
  return info
}

const poolAttributes = (info: ConvInfo) => ({
  kernel_shape: [info.filterHeight, info.filterWidth],
  strides: [info.strideHeight, info.strideWidth],
  pads: padsOf(info),
})

function maxPoolGrad(call: KernelCall): Value {
  const { build, input } = call
  const [dy, whole] = [input('dy'), input('input')]
  const info = poolGeometry('MaxPoolGrad', call, whole)
  refuseForgottenRounding('MaxPoolGrad', dy, info)
  const x = cropped(build, whole, info)
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
  const images = reshape(build, flat, [x.shape[0]!, x.shape[3]!, x.shape[1]!, x.shape[2]!])
  return uncropped(build, toNhwc(build, images), whole.shape)
}

const pool =
  (kernel: string, op: string) =>
  (call: KernelCall): Value => {
    const { build, input } = call
    const info = poolGeometry(kernel, call, input('x'))
    const shape = [info.batchSize, info.outChannels, info.outHeight, info.outWidth]
    const images = toNchw(build, cropped(build, input('x'), info))
    return toNhwc(build, build.emit(op, [images], shape, 'float32', poolAttributes(info)))
  }

/** Poolings and their gradients. */
export const poolKernels: KernelTable = {
  MaxPool: pool('MaxPool', 'MaxPool'),
  MaxPoolGrad: maxPoolGrad,
  AvgPool: pool('AvgPool', 'AveragePool'),
}
