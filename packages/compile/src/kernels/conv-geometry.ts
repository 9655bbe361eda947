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

/** The four sides in ONNX's order. */
export const padsOf = ({ padInfo }: ConvInfo) => [padInfo.top, padInfo.left, padInfo.bottom, padInfo.right]

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
