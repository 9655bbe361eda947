import { backend_util } from '@tensorflow/tfjs-core'
import { CompileError } from '../compile-error'
import type { GraphBuilder, Value } from '../graph'
import { type KernelCall, type KernelTable, reshape, slice, transpose } from './kernel'

// tfjs holds images as [batch, height, width, channels], ONNX as [batch, channels, height, width].
const toNchw = (build: GraphBuilder, x: Value) => transpose(build, x, [0, 3, 1, 2])
const toNhwc = (build: GraphBuilder, x: Value) => transpose(build, x, [0, 2, 3, 1])

type Pair = readonly [number, number]
type ConvInfo = ReturnType<typeof backend_util.computeConv2DInfo>

function geometry(
  call: KernelCall,
  xShape: readonly number[],
  filterShape: readonly number[],
  depthwise: boolean,
): ConvInfo {
  const { strides, pad, dilations, dimRoundingMode, dataFormat } = call.attrs
  if (dataFormat && dataFormat !== 'NHWC')
    throw new CompileError(`convolution: data format ${dataFormat} has no lowering; use NHWC`)
  return backend_util.computeConv2DInfo(
    [...xShape] as never,
    [...filterShape] as never,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    depthwise,
  )
}

const padsOf = ({ padInfo }: ConvInfo) => [padInfo.top, padInfo.left, padInfo.bottom, padInfo.right]

/** `[kh, kw, in, out]` → `[out, in, kh, kw]`; depthwise `[kh, kw, channels, multiplier]` → `[out, 1, kh, kw]`. */
function weights(build: GraphBuilder, filter: Value, depthwise: boolean): Value {
  if (!depthwise) return transpose(build, filter, [3, 2, 0, 1])
  const [kh, kw, channels, multiplier] = filter.shape as [number, number, number, number]
  return reshape(build, transpose(build, filter, [2, 3, 0, 1]), [channels * multiplier, 1, kh, kw])
}

const forward =
  (depthwise: boolean) =>
  (call: KernelCall): Value => {
    const { build, input } = call
    const [x, filter] = [input('x'), input('filter')]
    const info = geometry(call, x.shape, filter.shape, depthwise)
    const attributes = {
      strides: [info.strideHeight, info.strideWidth],
      dilations: [info.dilationHeight, info.dilationWidth],
      pads: padsOf(info),
      group: depthwise ? x.shape[3]! : 1,
      kernel_shape: [info.filterHeight, info.filterWidth],
    }
    const shape = [info.batchSize, info.outChannels, info.outHeight, info.outWidth]
    return toNhwc(
      build,
      build.emit('Conv', [toNchw(build, x), weights(build, filter, depthwise)], shape, 'float32', attributes),
    )
  }

/** With stride 1 the input's gradient is a convolution with the filter turned by 180°; grouped `ConvTranspose` is slow. */
const backwardInput =
  (depthwise: boolean) =>
  (call: KernelCall): Value => {
    const { build, input, attrs } = call
    const [dy, filter] = [input('dy'), input('filter')]
    const xShape = attrs.inputShape as number[]
    const info = geometry(call, xShape, filter.shape, depthwise)
    const [kh, kw] = [info.filterHeight, info.filterWidth]
    const dilated: Pair = [(kh - 1) * info.dilationHeight + 1, (kw - 1) * info.dilationWidth + 1]
    const shape = [xShape[0]!, xShape[3]!, xShape[1]!, xShape[2]!]
    const common = {
      dilations: [info.dilationHeight, info.dilationWidth],
      group: depthwise ? xShape[3]! : 1,
      kernel_shape: [kh, kw],
    }
    const { top, left, bottom, right } = info.padInfo
    if (depthwise && filter.shape[3] === 1 && info.strideHeight === 1 && info.strideWidth === 1) {
      const turned = slice(build, filter, [-1, -1], [-(2 ** 31), -(2 ** 31)], filter.shape, [-1, -1])
      const pads = [
        dilated[0] - 1 - top,
        dilated[1] - 1 - left,
        dilated[0] - 1 - bottom,
        dilated[1] - 1 - right,
      ]
      return toNhwc(
        build,
        build.emit('Conv', [toNchw(build, dy), weights(build, turned, true)], shape, 'float32', {
          ...common,
          strides: [1, 1],
          pads,
        }),
      )
    }
    const missing = [
      xShape[1]! - ((info.outHeight - 1) * info.strideHeight + dilated[0] - top - bottom),
      xShape[2]! - ((info.outWidth - 1) * info.strideWidth + dilated[1] - left - right),
    ]
    const attributes = {
      ...common,
      strides: [info.strideHeight, info.strideWidth],
      pads: padsOf(info),
      output_padding: missing,
    }
    return toNhwc(
      build,
      build.emit(
        'ConvTranspose',
        [toNchw(build, dy), weights(build, filter, depthwise)],
        shape,
        'float32',
        attributes,
      ),
    )
  }

/** The filter's gradient is a convolution too: of the input with `dy`, strides and dilations exchanged. */
const backwardFilter =
  (depthwise: boolean) =>
  (call: KernelCall): Value => {
    const { build, input, attrs } = call
    const [x, dy] = [input('x'), input('dy')]
    const filterShape = attrs.filterShape as [number, number, number, number]
    const info = geometry(call, x.shape, filterShape, depthwise)
    const [kh, kw, channels, last] = filterShape
    const [batch, height, width] = x.shape as [number, number, number]
    const attributes = {
      strides: [info.dilationHeight, info.dilationWidth],
      dilations: [info.strideHeight, info.strideWidth],
      pads: padsOf(info),
      kernel_shape: [info.outHeight, info.outWidth],
    }
    const reach = (size: number, pads: number, stride: number, out: number, step: number) =>
      Math.floor((size + pads - ((out - 1) * stride + 1)) / step) + 1
    const rows = reach(
      height,
      info.padInfo.top + info.padInfo.bottom,
      info.strideHeight,
      info.outHeight,
      info.dilationHeight,
    )
    const columns = reach(
      width,
      info.padInfo.left + info.padInfo.right,
      info.strideWidth,
      info.outWidth,
      info.dilationWidth,
    )
    if (!depthwise) {
      const raw = build.emit(
        'Conv',
        [transpose(build, x, [3, 0, 1, 2]), transpose(build, dy, [3, 0, 1, 2])],
        [channels, last, rows, columns],
        'float32',
        { ...attributes, group: 1 },
      )
      return transpose(
        build,
        slice(build, raw, [0, 0, 0, 0], [channels, last, kh, kw], [channels, last, kh, kw]),
        [2, 3, 0, 1],
      )
    }
    const out = channels * last
    const planes = reshape(build, toNchw(build, x), [batch, channels, 1, height, width])
    const repeated =
      last === 1
        ? planes
        : build.emit(
            'Expand',
            [planes, build.ints([batch, channels, last, height, width])],
            [batch, channels, last, height, width],
            'float32',
          )
    const raw = build.emit(
      'Conv',
      [
        reshape(build, repeated, [1, batch * out, height, width]),
        reshape(build, toNchw(build, dy), [batch * out, 1, info.outHeight, info.outWidth]),
      ],
      [1, batch * out, rows, columns],
      'float32',
      { ...attributes, group: batch * out },
    )
    const cut = slice(build, raw, [0, 0, 0, 0], [1, batch * out, kh, kw], [1, batch * out, kh, kw])
    const summed = build.emit(
      'ReduceSum',
      [reshape(build, cut, [batch, channels, last, kh, kw]), build.ints([0])],
      [channels, last, kh, kw],
      'float32',
      { keepdims: 0 },
    )
    return transpose(build, summed, [2, 3, 0, 1])
  }

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

/** Convolutions, poolings and their gradients. */
export const convKernels: KernelTable = {
  Conv2D: forward(false),
  Conv2DBackpropInput: backwardInput(false),
  Conv2DBackpropFilter: backwardFilter(false),
  DepthwiseConv2dNative: forward(true),
  DepthwiseConv2dNativeBackpropInput: backwardInput(true),
  DepthwiseConv2dNativeBackpropFilter: backwardFilter(true),
  MaxPool: pool('MaxPool'),
  MaxPoolGrad: maxPoolGrad,
  AvgPool: pool('AveragePool'),
}
