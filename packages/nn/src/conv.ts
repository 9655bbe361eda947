import * as tf from '@tensorflow/tfjs-core'
import { type LoraBranch, linear } from './linear'
import { ShapeError } from './shape-error'

/** A convolution. */
export interface ConvParams {
  /** `[kh, kw, in, out]` */
  readonly filter: tf.Tensor4D
  /** `[out]` */
  readonly bias?: tf.Tensor1D
  readonly lora?: LoraBranch
}

/** One filter for each channel. */
export interface DepthwiseParams {
  /** `[kh, kw, channels, 1]` */
  readonly depthwiseFilter: tf.Tensor4D
  /** `[channels]` */
  readonly bias?: tf.Tensor1D
}

export interface ConvOptions {
  /** Default 1. */
  readonly stride?: number
  /** `valid`, `same`, or pixels on every side. Default `valid`. */
  readonly padding?: 'valid' | 'same' | number
}

/**
 * 2-D convolution. Kernels of one pixel and kernels as wide as their stride are matrix products.
 * @param x `[batch, height, width, in]`
 * @returns `[batch, height', width', out]`
 */
export function conv2d(
  x: tf.Tensor4D,
  params: ConvParams,
  { stride = 1, padding = 'valid' }: ConvOptions = {},
): tf.Tensor4D {
  const [kh, kw, channels, out] = params.filter.shape
  const unpadded = padding === 'valid' || padding === 0 || (kh === 1 && kw === 1)
  if (kh === stride && kw === stride && unpadded) {
    const kernel = tf.reshape(params.filter, [kh * kw * channels, out]) as tf.Tensor2D
    return linear(patchify(x, stride), { kernel, bias: params.bias, lora: params.lora })
  }
  if (params.lora)
    throw new ShapeError(
      `conv2d: LoRA needs a kernel as wide as its stride, got ${kh}×${kw} at stride ${stride}`,
    )
  const y = tf.conv2d(x, params.filter, stride, padding)
  return params.bias ? tf.add(y, params.bias) : y
}

/** Non-overlapping squares side by side in the channels: `[batch, height / size, width / size, size · size · channels]`. */
export function patchify(x: tf.Tensor4D, size: number): tf.Tensor4D {
  if (size === 1) return x
  const [batch, height, width, channels] = x.shape
  if (height % size || width % size)
    throw new ShapeError(`patchify: image ${height}×${width} is not a multiple of patch ${size}`)
  const [rows, columns] = [height / size, width / size]
  const split = tf.reshape(x, [batch, rows, size, columns, size * channels])
  return tf.reshape(tf.transpose(split, [0, 1, 3, 2, 4]), [batch, rows, columns, size * size * channels])
}

/** Undoes `patchify`: `[batch, height, width, size · size · channels]` → `[batch, height · size, width · size, channels]`. */
export function unpatchify(x: tf.Tensor4D, size: number): tf.Tensor4D {
  const [batch, rows, columns, depth] = x.shape
  const channels = depth / size ** 2
  if (!Number.isInteger(channels))
    throw new ShapeError(`unpatchify: ${depth} channels do not fill squares of ${size}×${size}`)
  const split = tf.reshape(x, [batch, rows, columns, size, size * channels])
  return tf.reshape(tf.transpose(split, [0, 1, 3, 2, 4]), [batch, rows * size, columns * size, channels])
}

/**
 * Depthwise convolution, stride 1, output as large as the input.
 * @param x `[batch, height, width, channels]`
 */
export function depthwiseConv2d(x: tf.Tensor4D, { depthwiseFilter, bias }: DepthwiseParams): tf.Tensor4D {
  const y = tf.depthwiseConv2d(x, depthwiseFilter, 1, 'same')
  return bias ? tf.add(y, bias) : y
}
