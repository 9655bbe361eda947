import type { Value } from '../graph'
import { cropped, geometry, padsOf, toNchw, toNhwc, weights } from './conv-geometry'
import { backwardDepthwiseFilter, backwardFilter, backwardInput } from './conv-gradients'
import type { KernelCall, KernelTable } from './kernel'

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
    const images = toNchw(build, cropped(build, x, info))
    return toNhwc(
      build,
      build.emit('Conv', [images, weights(build, filter, depthwise)], shape, 'float32', attributes),
    )
  }

/** Convolutions and their gradients. */
export const convKernels: KernelTable = {
  Conv2D: forward(false),
  Conv2DBackpropInput: backwardInput(false),
  Conv2DBackpropFilter: backwardFilter,
  DepthwiseConv2dNative: forward(true),
  DepthwiseConv2dNativeBackpropInput: backwardInput(true),
  DepthwiseConv2dNativeBackpropFilter: backwardDepthwiseFilter,
}
