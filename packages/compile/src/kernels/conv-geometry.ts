import { backend_util } from '@tensorflow/tfjs-core'
import { CompileError } from '../compile-error'
import type { GraphBuilder, Value } from '../graph'
import { type KernelCall, reshape, transpose } from './kernel'

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
