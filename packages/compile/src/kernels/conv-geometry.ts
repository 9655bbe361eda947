import { backend_util } from '@tensorflow/tfjs-core'
import { CompileError } from '../compile-error'
import type { GraphBuilder, Value } from '../graph'
import { type KernelCall, reshape, slice, transpose } from './kernel'

/** tfjs' `[batch, height, width, channels]` as ONNX's `[batch, channels, height, width]`. */
export const toNchw = (build: GraphBuilder, x: Value) => transpose(build, x, [0, 3, 1, 2])

/** The way back. */
export const toNhwc = (build: GraphBuilder, x: Value) => transpose(build, x, [0, 2, 3, 1])

export type ConvInfo = ReturnType<typeof backend_util.computeConv2DInfo>

/** Padding and output size of a call's convolution. */
export function geometry(
  call: KernelCall,
  xShape: readonly number[],
  filterShape: readonly number[],
  depthwise: boolean,
): ConvInfo {
  const { strides, pad, dilations, dimRoundingMode, dataFormat } = call.attrs
  if (dataFormat && dataFormat !== 'NHWC')
    throw new CompileError(`convolution: data format ${dataFormat} has no lowering; use NHWC`)
  return fitted(
    backend_util.computeConv2DInfo(
      [...xShape] as never,
      [...filterShape] as never,
      strides,
      dilations ?? 1,
      pad,
      dimRoundingMode,
      depthwise,
    ),
  )
}

/**
 * The same output with borders that tell its size to who rounds down, as ONNX does. tfjs can round up, and with a number as
 * `pad` it takes the filter's height and stride for both sides. What no window reaches is a negative border at the
 * bottom or the right: to be `cropped`.
 */
export function fitted(info: ConvInfo): ConvInfo {
  const { top, left, bottom, right } = info.padInfo
  const end = (size: number, out: number, stride: number, reach: number, before: number, after: number) =>
    Math.floor((size + before + after - reach) / stride) + 1 === out
      ? after
      : (out - 1) * stride + reach - size - before
  const { inHeight, outHeight, strideHeight, effectiveFilterHeight } = info
  const { inWidth, outWidth, strideWidth, effectiveFilterWidth } = info
  const padInfo = {
    ...info.padInfo,
    bottom: end(inHeight, outHeight, strideHeight, effectiveFilterHeight, top, bottom),
    right: end(inWidth, outWidth, strideWidth, effectiveFilterWidth, left, right),
  }
  return { ...info, padInfo }
}

/** The part of images that windows reach. @param x `[batch, height, width, channels]` */
export function cropped(build: GraphBuilder, x: Value, info: ConvInfo): Value {
  const { batch, height, width, channels } = reached(x.shape, info)
  return slice(build, x, [0, 0, 0], [batch, height, width], [batch, height, width, channels])
}

/** The sizes of that part. */
export function reached(shape: readonly number[], { padInfo: { bottom, right } }: ConvInfo) {
  const [batch, height, width, channels] = shape as [number, number, number, number]
  return { batch, height: height + Math.min(bottom, 0), width: width + Math.min(right, 0), channels }
}

/** The way back: zeros where no window reaches. @param x The reached part. @param shape The whole. */
export function uncropped(build: GraphBuilder, x: Value, shape: readonly number[]): Value {
  const [bottom, right] = [shape[1]! - x.shape[1]!, shape[2]! - x.shape[2]!]
  return padded(build, x, { top: 0, left: 0, bottom, right })
}

/** tfjs keeps `dimRoundingMode` from some gradients, which then have another size in mind than `dy` has. */
export function refuseForgottenRounding(kernel: string, { shape }: Value, info: ConvInfo): void {
  if (shape[1] === info.outHeight && shape[2] === info.outWidth) return
  throw new CompileError(
    `${kernel}: tfjs does not hand dimRoundingMode on to this gradient, whose dy is [${shape}] instead of ` +
      `[${info.outShape}]; pad the input instead`,
  )
}

/** The borders of what is `cropped`. */
export const bordersOf = ({ padInfo: { top, left, bottom, right } }: ConvInfo) => ({
  top,
  left,
  bottom: Math.max(bottom, 0),
  right: Math.max(right, 0),
})

/** These four sides in ONNX's order. */
export function padsOf(info: ConvInfo): number[] {
  const { top, left, bottom, right } = bordersOf(info)
  return [top, left, bottom, right]
}

/** `[kh, kw, in, out]` → `[out, in, kh, kw]`; depthwise `[kh, kw, channels, multiplier]` → `[out, 1, kh, kw]`. */
export function weights(build: GraphBuilder, filter: Value, depthwise: boolean): Value {
  if (!depthwise) return transpose(build, filter, [3, 2, 0, 1])
  const [kh, kw, channels, multiplier] = filter.shape as [number, number, number, number]
  return reshape(build, transpose(build, filter, [2, 3, 0, 1]), [channels * multiplier, 1, kh, kw])
}

/** A border around images. @param x `[batch, height, width, channels]` @param value A scalar; default 0. */
export function padded(
  build: GraphBuilder,
  x: Value,
  { top, left, bottom, right }: Pick<ConvInfo['padInfo'], 'top' | 'left' | 'bottom' | 'right'>,
  value: Value = build.scalar(0, x.dtype),
): Value {
  if (top + left + bottom + right === 0) return x
  const [batch, height, width, channels] = x.shape as [number, number, number, number]
  const shape = [batch, height + top + bottom, width + left + right, channels]
  const pads = build.ints([0, top, left, 0, 0, bottom, right, 0])
  return build.emit('Pad', [x, pads, value], shape, x.dtype, { mode: 'constant' })
}

type Pair = readonly [number, number]

/**
 * For every place of a filter, row by row, the pixels that it meets; one after another, so that a reader who is done with
 * each before the next leaves one alive at a time.
 * @param x `[batch, height, width, channels]`, borders included
 * @returns kh · kw arrays `[batch · rows · columns, channels]`
 */
export function* windowRows(
  build: GraphBuilder,
  x: Value,
  {
    kernel: [kh, kw],
    strides,
    dilations,
    output: [rows, columns],
  }: { readonly kernel: Pair; readonly strides: Pair; readonly dilations: Pair; readonly output: Pair },
): Generator<Value> {
  const [batch, , , channels] = x.shape as [number, number, number, number]
  const met = [batch, rows, columns, channels]
  const steps = [1, ...strides]
  for (let place = 0; place < kh * kw; place++) {
    const [top, left] = [Math.floor(place / kw) * dilations[0], (place % kw) * dilations[1]]
    const ends = [batch, top + (rows - 1) * strides[0] + 1, left + (columns - 1) * strides[1] + 1]
    yield reshape(build, slice(build, x, [0, top, left], ends, met, steps), [
      batch * rows * columns,
      channels,
    ])
  }
}
