import type { Value } from '../graph'
import {
  bordersOf,
  cropped,
  geometry,
  padded,
  padsOf,
  reached,
  refuseForgottenRounding,
  toNchw,
  toNhwc,
  uncropped,
  weights,
  windowRows,
} from './conv-geometry'
import { type KernelCall, reshape, slice, transpose } from './kernel'

type Pair = readonly [number, number]

/**
 * With stride 1 the input's gradient is a convolution with the filter turned by 180° and its channels exchanged, which
 * ONNX Runtime computes faster than `ConvTranspose` (grouped ones by far).
 */
export const backwardInput =
  (depthwise: boolean) =>
  (call: KernelCall): Value => {
    const { build, input, attrs } = call
    const [dy, filter] = [input('dy'), input('filter')]
    const xShape = attrs.inputShape as number[]
    const info = geometry(call, xShape, filter.shape, depthwise)
    refuseForgottenRounding(
      depthwise ? 'DepthwiseConv2dNativeBackpropInput' : 'Conv2DBackpropInput',
      dy,
      info,
    )
    const [kh, kw] = [info.filterHeight, info.filterWidth]
    const dilated: Pair = [(kh - 1) * info.dilationHeight + 1, (kw - 1) * info.dilationWidth + 1]
    const shape = [xShape[0]!, xShape[3]!, xShape[1]!, xShape[2]!]
    const common = {
      dilations: [info.dilationHeight, info.dilationWidth],
      group: depthwise ? xShape[3]! : 1,
      kernel_shape: [kh, kw],
    }
    const { top, left, bottom, right } = info.padInfo
    const multiplied = depthwise && filter.shape[3] !== 1
    const pads = [
      dilated[0] - 1 - top,
      dilated[1] - 1 - left,
      dilated[0] - 1 - bottom,
      dilated[1] - 1 - right,
    ]
    const plain = info.strideHeight === 1 && info.strideWidth === 1 && pads.every((size) => size >= 0)
    if (plain && !multiplied) {
      const turned = slice(build, filter, [-1, -1], [-(2 ** 31), -(2 ** 31)], filter.shape, [-1, -1])
      const kernel = depthwise ? weights(build, turned, true) : transpose(build, turned, [2, 3, 0, 1])
      const attributes = { ...common, strides: [1, 1], pads }
      return toNhwc(build, build.emit('Conv', [toNchw(build, dy), kernel], shape, 'float32', attributes))
    }
    const { height, width } = reached(xShape, info)
    const borders = bordersOf(info)
    const missing = [
      height - ((info.outHeight - 1) * info.strideHeight + dilated[0] - top - borders.bottom),
      width - ((info.outWidth - 1) * info.strideWidth + dilated[1] - left - borders.right),
    ]
    const attributes = {
      ...common,
      strides: [info.strideHeight, info.strideWidth],
      pads: padsOf(info),
      output_padding: missing,
    }
    const gradient = build.emit(
      'ConvTranspose',
      [toNchw(build, dy), weights(build, filter, depthwise)],
      [shape[0]!, shape[1]!, height, width],
      'float32',
      attributes,
    )
    return uncropped(build, toNhwc(build, gradient), xShape)
  }

/**
 * The filter's gradient: for every place of the filter one product of the pixels that it met with `dy`. The whole as one
 * convolution with `dy` as kernel, which it is too, takes ONNX Runtime twice the time.
 */
export function backwardFilter(call: KernelCall): Value {
  const { build, input, attrs } = call
  const [x, dy] = [input('x'), input('dy')]
  const [kh, kw, channels, out] = attrs.filterShape as [number, number, number, number]
  const info = geometry(call, x.shape, attrs.filterShape as number[], false)
  refuseForgottenRounding('Conv2DBackpropFilter', dy, info)
  const rows = info.batchSize * info.outHeight * info.outWidth
  const met = windowRows(build, padded(build, x, bordersOf(info)), {
    kernel: [kh, kw],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    output: [info.outHeight, info.outWidth],
  })
  const right = reshape(build, dy, [rows, out])
  const products = Array.from(met, (pixels) =>
    build.emit('Gemm', [pixels, right], [channels, out], 'float32', { transA: 1 }),
  )
  const whole =
    products.length === 1
      ? products[0]!
      : build.emit('Concat', products, [kh * kw * channels, out], 'float32', { axis: 0 })
  return reshape(build, whole, [kh, kw, channels, out])
}

/** The filters' gradient is a convolution too: of the input with `dy`, strides and dilations exchanged. */
export function backwardDepthwiseFilter(call: KernelCall): Value {
  const { build, input, attrs } = call
  const dy = input('dy')
  const filterShape = attrs.filterShape as [number, number, number, number]
  const info = geometry(call, input('x').shape, filterShape, true)
  refuseForgottenRounding('DepthwiseConv2dNativeBackpropFilter', dy, info)
  const x = cropped(build, input('x'), info)
  const [kh, kw, channels, last] = filterShape
  const [batch, height, width] = x.shape as [number, number, number]
  const reach = (size: number, pads: number, stride: number, out: number, step: number) =>
    Math.floor((size + pads - ((out - 1) * stride + 1)) / step) + 1
  const { top, left, bottom, right } = bordersOf(info)
  const rows = reach(height, top + bottom, info.strideHeight, info.outHeight, info.dilationHeight)
  const columns = reach(width, left + right, info.strideWidth, info.outWidth, info.dilationWidth)
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
    {
      strides: [info.dilationHeight, info.dilationWidth],
      dilations: [info.strideHeight, info.strideWidth],
      pads: padsOf(info),
      kernel_shape: [info.outHeight, info.outWidth],
      group: batch * out,
    },
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
